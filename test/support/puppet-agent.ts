import type { Agent, AgentIdentity, AgentRequest } from '../../chat-worker/agents/agent.ts';
import { AgentCall, scriptedIdentity } from './scripted-agent.ts';

/**
 * Says what a test tells it to, chat by chat: calls are told apart by the question, so what another test
 * left behind disturbs nobody.
 */
export class PuppetAgent implements Agent {
  /** Every call so far, by its question. */
  readonly calls = new Map<string, AgentCall[]>();
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Map<string, ((call: AgentCall) => void)[]>();

  route(): AgentIdentity {
    return scriptedIdentity;
  }

  answer(request: AgentRequest, _identity: AgentIdentity, after: string): AsyncIterable<string> {
    const call = new AgentCall(request, after);
    const { message } = request;
    this.calls.set(message, [...this.callsFor(message), call]);
    const waiting = this.#waiting.get(message)?.shift();
    if (waiting !== undefined) this.#take(message, call, waiting);
    return call.pieces();
  }

  callsFor(message: string): readonly AgentCall[] {
    return this.calls.get(message) ?? [];
  }

  /** The next call for this question that nobody took yet, as soon as it is made. */
  call(message: string): Promise<AgentCall> {
    return new Promise((resolve) => {
      const call = this.callsFor(message)[this.#taken.get(message) ?? 0];
      if (call !== undefined) this.#take(message, call, resolve);
      else this.#waiting.set(message, [...(this.#waiting.get(message) ?? []), resolve]);
    });
  }

  #take(message: string, call: AgentCall, give: (call: AgentCall) => void): void {
    this.#taken.set(message, (this.#taken.get(message) ?? 0) + 1);
    give(call);
  }
}
