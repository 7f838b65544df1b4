import { z } from 'zod';
import { openNatsBus, type NatsBus } from '../bus/nats-bus.ts';
import { brokerSettings, commonSettings, readEnv } from '../config/read-env.ts';
import { AppError } from '../errors/app-error.ts';

/** Somebody sits at the terminal: a broker that is not there is said, not waited for. */
const CONNECT_DEADLINE_MS = 10_000;

const schema = z.object(commonSettings);
type OperatorConfig = z.infer<typeof schema>;

/**
 * Does one thing as the broker's role `operator`, with the settings of the environment, and prints the line
 * it results in. What goes wrong is one line on standard error, and exit code 1. `prepare` runs before
 * anything is connected, for what may be wrong with the command line.
 */
export async function asOperator(
  prepare: (config: OperatorConfig) => (bus: NatsBus) => Promise<string>,
): Promise<void> {
  try {
    const config = readEnv(schema, process.env);
    const work = prepare(config);
    await using bus = await openNatsBus(
      brokerSettings(config),
      'operator',
      { waitingForBroker: ignore, statusChanged: ignore, handlerFailed: ignore },
      AbortSignal.timeout(CONNECT_DEADLINE_MS),
    );
    process.stdout.write(`${await work(bus)}\n`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name)) {
    return 'NATS_URL: the broker does not answer';
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function ignore(): void {
  // One thing is done and its result printed: nothing in between is worth a word.
}
