import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { OtlpLogStream } from './otlp-log-stream.ts';
import { exportsLogs } from './sdk.ts';

export type { Logger };

/** Fields that let somebody in. */
const SECRETS = ['token', 'authorization', 'password', 'secret', 'creds', 'cookie'];

/** Never written, wherever they stand. */
const SECRET_PATHS = ['', '*.', '*.*.'].flatMap((depth) => SECRETS.map((field) => depth + field));

const CENSOR = '[redacted]';

/** What a token looks like inside other text, an address or an error's message: the last line of defence. */
const TOKENS = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=[?&]token=)[^&\s"\\]+|(?<=\bBearer )[^\s"\\]{12,}/gi;

/** JSON lines on standard output, readable ones on a terminal; records too when logs are exported. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    redact: { paths: SECRET_PATHS, censor: CENSOR },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: (line) => line.replaceAll(TOKENS, CENSOR) },
  };
  const output = destination ?? (process.stdout.isTTY ? prettyOutput() : undefined);
  if (exportsLogs()) {
    const streams = [output ?? pino.destination(1), new OtlpLogStream(service)];
    return pino(options, pino.multistream(streams.map((stream) => ({ stream, level: 'trace' }))));
  }
  return output === undefined ? pino(options) : pino(options, output);
}

function prettyOutput(): DestinationStream {
  return PinoPretty({ colorize: true, ignore: 'pid,service', messageFormat: '{service}: {msg}' });
}
