import { AppError } from '../errors/app-error.ts';

/** A started service: `drain` finishes what it has, then everything it owns is disposed. */
export interface RunningService {
  drain(): Promise<void>;
}

export interface ServiceOptions {
  /** Starts everything; `signal` aborts a start that is interrupted. */
  readonly start: (signal: AbortSignal) => Promise<RunningService>;
  /** The longest a drain may take; after it the process ends with code 1. */
  readonly drainDeadlineMs: () => number;
  readonly onFatal: (error: unknown) => void;
}

/** npm forwards Ctrl-C to its script, so one key press arrives twice: only a later signal is impatience. */
const IMPATIENCE_MS = 1_000;

/**
 * Runs one service until a signal, or until the supervisor that started it is gone. Exit codes: 0 after a
 * drain, 1 when it could not start, could not drain in time, or met an error nobody handled.
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const starting = new AbortController();
  let running: RunningService | undefined;
  let firstSignalAt: number | undefined;

  const stop = (): void => {
    if (firstSignalAt !== undefined) {
      if (performance.now() - firstSignalAt > IMPATIENCE_MS) process.exit(1);
      return;
    }
    firstSignalAt = performance.now();
    starting.abort(new AppError('INTERRUPTED', 'Stopped while starting', { retryable: true }));
    if (running !== undefined) void drainAndExit(running, options);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
  const die = (error: unknown): void => {
    options.onFatal(error);
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  try {
    running = await options.start(starting.signal);
  } catch (error) {
    if (firstSignalAt !== undefined) process.exit(0);
    // One line a person can act on; anything unforeseen keeps its stack.
    process.stderr.write(`${error instanceof AppError ? error.message : inspectError(error)}\n`);
    process.exit(1);
  }
  if (firstSignalAt !== undefined) await drainAndExit(running, options);
  process.send?.({ type: 'ready' });
}

async function drainAndExit(running: RunningService, options: ServiceOptions): Promise<void> {
  setTimeout(() => process.exit(1), options.drainDeadlineMs()).unref();
  try {
    await running.drain();
    process.exit(0);
  } catch (error) {
    options.onFatal(error);
    process.exit(1);
  }
}

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
