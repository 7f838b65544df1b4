import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { openPlainNats } from '../shared/bus/plain-nats.ts';
import { AppError } from '../shared/errors/app-error.ts';
import { isIdentifier } from '../shared/socket-protocol/identifiers.ts';
import { readDemoConfig } from './config.ts';
import { readContracts } from './contracts/read-contracts.ts';
import { playAudit } from './play/play-audit.ts';
import { scriptOfAudit } from './play/script-of-audit.ts';

// What `npm run demo` runs: one audit, told in the terminal where to see it.
const USAGE = 'npm run demo -- [--id <investigation>] [--seconds <1 to 600>] [--url <of the page>]';
const DEFAULT_SECONDS = 30;
/** Time to open the page before the first event. */
const CURTAIN_MS = 3_000;

function readArguments() {
  const { values } = parseArgs({
    options: {
      id: { type: 'string', default: `DEMO-${randomBytes(3).toString('hex').toUpperCase()}` },
      seconds: { type: 'string', default: String(DEFAULT_SECONDS) },
      url: { type: 'string', default: `http://localhost:${process.env['PORT'] ?? '8000'}` },
    },
  });
  const seconds = Number(values.seconds);
  if (!isIdentifier(values.id) || !(seconds >= 1 && seconds <= 600)) {
    throw new AppError('USAGE', USAGE, { retryable: false });
  }
  return { id: values.id, seconds, url: values.url };
}

async function main(signal: AbortSignal): Promise<void> {
  const { id, seconds, url } = readArguments();
  const { broker } = readDemoConfig(process.env);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await using nats = await openPlainNats(
    broker,
    'demo',
    () => {
      say(`No broker on NATS_URL yet: waiting for one (npm start).`);
    },
    signal,
  );
  say(`Investigation ${id}`);
  say(`Follow it on ${url}/?investigation=${id}`);
  const script = scriptOfAudit(readContracts());
  const durationMs = seconds * 1_000;
  await new Promise((resolve) => setTimeout(resolve, Math.min(CURTAIN_MS, durationMs)));
  await playAudit(nats, id, script, { durationMs, signal });
  const anomalies = script.filter(({ kind }) => kind === 'anomaly').length;
  say(`${String(script.length)} events published, ${String(anomalies)} of them anomalies.`);
}

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
});
try {
  await main(stop.signal);
} catch (error) {
  if (!stop.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
