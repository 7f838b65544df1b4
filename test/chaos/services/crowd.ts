import { setMaxListeners } from 'node:events';
import { SeededRandom } from '../../support/seeded-random.ts';
import { ContractClient } from '../clients/contract-client.ts';

export interface CrowdOptions {
  readonly name: string;
  readonly count: number;
  /** Gateways, all begin with the first. */
  readonly ports: readonly number[];
}

/** Many clients that keep the contract, each in a session of its own. */
export class Crowd implements AsyncDisposable {
  readonly clients: readonly ContractClient[];
  readonly #name: string;

  constructor({ name, count, ports }: CrowdOptions) {
    this.#name = name;
    this.clients = Array.from({ length: count }, (_, index) => {
      const id = this.sessionId(index);
      return new ContractClient({
        name: id,
        path: `/ws/chat/${id}`,
        channel: 'session',
        ports,
        first: 0,
        subscriptions: [],
        mayRead: [`${id}-`],
        random: new SeededRandom(index),
      });
    });
  }

  sessionId(index: number): string {
    return `${this.#name}-${index}`;
  }

  /** Resolves when every client is as it should be. */
  async until(isTrue: (client: ContractClient) => boolean, deadlineMs: number): Promise<void> {
    const deadline = new AbortController();
    setMaxListeners(0, deadline.signal);
    const timer = setTimeout(() => deadline.abort(), deadlineMs);
    try {
      await Promise.all(this.clients.map((client) => client.until(() => isTrue(client), deadline.signal)));
    } catch {
      const late = this.clients.filter((client) => !isTrue(client));
      const notes = late[0]?.journal.notes.join('\n') ?? '';
      throw new Error(`${late.length} of ${this.clients.length} are not in time, the first:\n${notes}`);
    } finally {
      clearTimeout(timer);
    }
  }

  get violations(): string[] {
    return this.clients.flatMap(({ name, journal }) => journal.violations.map((text) => `${name}: ${text}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }
}
