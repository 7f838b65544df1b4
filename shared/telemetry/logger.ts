import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type { Logger };

/** Never written, wherever they stand: what lets somebody in. */
const SECRETS = [
  'token',
  'authorization',
  'password',
  'secret',
  'creds',
  '*.token',
  '*.authorization',
  '*.password',
];

/** JSON lines on standard output, readable ones on a terminal. */
export function createLogger(service: string, level: string): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    redact: { paths: SECRETS, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!process.stdout.isTTY) return pino(options);
  return pino(
    options,
    PinoPretty({ colorize: true, ignore: 'pid,service', messageFormat: '{service}: {msg}' }),
  );
}
