import { parseArgs } from 'node:util';
import { AppError } from '../errors/app-error.ts';
import { isIdentifier } from '../socket-protocol/identifiers.ts';
import { asOperator } from './as-operator.ts';
import { inspect, type Asked } from './inspection/report.ts';
import { textOf, unknownText } from './inspection/text.ts';

/** `npm run inspect -- session ID`, `request ID` or `investigation ID`: who is where, and what became of it. */
const USAGE =
  'Usage: npm run inspect -- session <id> | request <id> [--session <id>] | investigation <id>, ' +
  'with --json for machines and --wait <seconds> for slow services';
const DEFAULT_WAIT_S = 2;
const MAX_WAIT_S = 60;

/** Beside 1, which is a command that could not do its work. */
const EXIT = { unknown: 2, unanswered: 3 } as const;

interface Command {
  readonly asked: Asked;
  readonly waitMs: number;
  readonly json: boolean;
}

function readCommand(): Command {
  const { values, positionals } = readOptions();
  const [kind, id, ...rest] = positionals;
  const waitS = Number(values.wait ?? DEFAULT_WAIT_S);
  const { session: sessionId, json = false } = values;
  if (!isIdentifier(id) || rest.length > 0 || !(waitS > 0 && waitS <= MAX_WAIT_S)) throw usage();
  if (sessionId !== undefined && (kind !== 'request' || !isIdentifier(sessionId))) throw usage();
  const waitMs = waitS * 1_000;
  if (kind !== 'session' && kind !== 'request' && kind !== 'investigation') throw usage();
  const asked = { kind, id, ...(sessionId === undefined ? {} : { sessionId }) } as const;
  return { asked, waitMs, json };
}

function readOptions() {
  try {
    return parseArgs({
      options: { json: { type: 'boolean' }, wait: { type: 'string' }, session: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw usage(error);
  }
}

function usage(cause?: unknown): AppError {
  return new AppError('USAGE', USAGE, { retryable: false, cause });
}

await asOperator(() => {
  const { asked, waitMs, json } = readCommand();
  return async (bus) => {
    const report = await inspect(bus, asked, waitMs);
    if (!report.answered) process.exitCode = EXIT.unanswered;
    else if (!report.known) process.exitCode = EXIT.unknown;
    if (json) return JSON.stringify(report, undefined, 2);
    return report.known ? textOf(report) : unknownText(report);
  };
});
