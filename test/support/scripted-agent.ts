import type { Agent, AgentIdentity, AgentRequest } from '../../chat-worker/agents/agent.ts';

/** One call of `answer`, played by the test. */
export class AgentCall {
  readonly request: AgentRequest;
  readonly after: string;
  readonly #steps: (() => string | undefined)[] = [];
  #wake: (() => void) | undefined;

  constructor(request: AgentRequest, after: string) {
    this.request = request;
    this.after = after;
    request.signal.addEventListener('abort', () => this.#wake?.());
  }

  say(...pieces: readonly string[]): void {
    for (const piece of pieces) this.#add(() => piece);
  }

  end(): void {
    this.#add(() => undefined);
  }

  fail(error: unknown): void {
    this.#add(() => {
      throw error;
    });
  }

  async *pieces(): AsyncGenerator<string> {
    for (;;) {
      this.request.signal.throwIfAborted();
      const step = this.#steps.shift();
      if (step === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const piece = step();
      if (piece === undefined) return;
      yield piece;
    }
  }

  #add(step: () => string | undefined): void {
    this.#steps.push(step);
    this.#wake?.();
  }
}

export const scriptedIdentity: AgentIdentity = { id: 'drummond', name: 'Carlos Drummond de Andrade' };

/** An agent that says what the test tells it to, when the test tells it to. */
export class ScriptedAgent implements Agent {
  readonly calls: AgentCall[] = [];
  readonly #waiting: ((call: AgentCall) => void)[] = [];
  #taken = 0;

  route(): AgentIdentity {
    return scriptedIdentity;
  }

  answer(request: AgentRequest, _identity: AgentIdentity, after: string): AsyncIterable<string> {
    const call = new AgentCall(request, after);
    this.calls.push(call);
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      this.#taken += 1;
      waiting(call);
    }
    return call.pieces();
  }

  /** The next call that no earlier `nextCall` got, as soon as it is made. */
  nextCall(): Promise<AgentCall> {
    const call = this.calls[this.#taken];
    if (call !== undefined) {
      this.#taken += 1;
      return Promise.resolve(call);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** An agent whose answer is always the same pieces, and which goes on after any beginning of it. */
export function fixedAgent(pieces: readonly string[]): Agent {
  return {
    route: () => scriptedIdentity,
    async *answer(_request, _identity, after) {
      let skip = after.length;
      for (const piece of pieces) {
        const rest = piece.slice(skip);
        skip = Math.max(0, skip - piece.length);
        await new Promise((resolve) => setImmediate(resolve));
        if (rest !== '') yield rest;
      }
    },
  };
}
