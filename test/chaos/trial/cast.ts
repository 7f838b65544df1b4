import { SeededRandom } from '../../support/seeded-random.ts';
import { userToken } from '../../support/user-token.ts';
import { ContractClient } from '../clients/contract-client.ts';
import { intrude } from '../clients/intruder.ts';
import { LibraryClient } from '../clients/library-client.ts';
import type { World } from '../parts/world.ts';
import { LIBRARY_SESSION, type Plan } from './plan.ts';

/** The clients of one trial: the tabs of each session, an investigation socket, and the client library. */
export class Cast implements AsyncDisposable {
  /** By session, then by tab; a late tab is there once it has opened. */
  readonly tabs: (ContractClient | undefined)[][];
  readonly reader: ContractClient;
  readonly library: LibraryClient;
  readonly #world: World;
  readonly #plan: Plan;
  readonly #all: ContractClient[] = [];
  #made = 0;

  constructor(world: World, plan: Plan) {
    this.#world = world;
    this.#plan = plan;
    this.reader = this.#make({
      name: 'reader',
      path: `/ws/investigations/${plan.reader.investigation}`,
      channel: `investigation.${plan.reader.investigation}`,
      first: plan.reader.gateway,
      subscriptions: [],
      mayRead: [`${plan.reader.investigation}-`],
    });
    const [gateway] = world.gateways;
    this.library = new LibraryClient(
      `http://127.0.0.1:${gateway?.clientLink.port ?? 0}`,
      plan.sessions[LIBRARY_SESSION]?.id ?? '',
    );
    this.tabs = plan.sessions.map(({ tabs }, session) =>
      tabs.map(({ opens }, tab) => (opens === 'first' ? this.open(session, tab) : undefined)),
    );
  }

  get all(): readonly ContractClient[] {
    return this.#all;
  }

  /** Opens a tab of a session, where another was before if so told. */
  open(session: number, tab: number, since?: string): ContractClient {
    const planned = this.#plan.sessions[session];
    if (planned === undefined) throw new Error(`there is no session ${session}`);
    const { id, investigation, owner } = planned;
    return this.#make({
      name: `${id} tab ${tab}`,
      path: `/ws/chat/${id}`,
      channel: 'session',
      first: planned.tabs[tab]?.gateway ?? 0,
      since,
      token: owner === undefined ? undefined : tokenOf(owner),
      subscriptions: investigation === undefined ? [] : [investigation],
      mayRead: [`${id}-`, ...(investigation === undefined ? [] : [`${investigation}-`])],
    });
  }

  /** Who should not be there tries to get in, with a cursor of somebody who is. */
  async intrude(session: number, sub: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const since = this.tabs[session]?.[0]?.cursor('session');
    if (since === undefined) throw new Error(`session ${session} has no cursor yet`);
    return intrude(
      {
        path: `/ws/chat/${this.#plan.sessions[session]?.id ?? ''}`,
        ports: this.#world.gateways.map(({ clientLink }) => clientLink.port),
        since,
        token: sub === undefined ? undefined : tokenOf(sub),
      },
      signal,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.library[Symbol.dispose]();
    await Promise.all(this.#all.map((client) => client.close()));
  }

  #make(options: Omit<ConstructorParameters<typeof ContractClient>[0], 'ports' | 'random'>): ContractClient {
    this.#made += 1;
    const client = new ContractClient({
      ...options,
      ports: this.#world.gateways.map(({ clientLink }) => clientLink.port),
      random: new SeededRandom(this.#plan.seed * 100 + this.#made),
    });
    this.#all.push(client);
    return client;
  }
}

function tokenOf(sub: string): string {
  return userToken({ sub });
}
