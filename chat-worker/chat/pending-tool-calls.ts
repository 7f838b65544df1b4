import type { ToolCall } from '../agents/agent.ts';

interface Recording {
  readonly calls: readonly ToolCall[];
  readonly stored: () => void;
}

/** Look-ups on their way to the log: the agent that made them waits until they are there. */
export class PendingToolCalls {
  /** Called when there is something to take. */
  onRecord: () => void = () => undefined;
  readonly #waiting: Recording[] = [];
  #taken: Recording | undefined;

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when they are stored. */
  record(calls: readonly ToolCall[]): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ calls, stored: resolve });
      this.onRecord();
    });
  }

  take(): readonly ToolCall[] | undefined {
    this.#taken = this.#waiting.shift();
    return this.#taken?.calls;
  }

  /** What was taken last is in the log. */
  stored(): void {
    this.#taken?.stored();
    this.#taken = undefined;
  }
}
