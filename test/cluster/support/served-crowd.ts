import { expect } from 'vitest';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { freshId } from '../../support/fresh-id.ts';
import type { ContractClient } from '../../chaos/clients/contract-client.ts';
import { holdsFence, isFenceBroken } from '../../support/broker-fence.ts';
import { eventually } from '../../support/eventually.ts';
import { credentials } from '../../support/role-broker.ts';
import { Crowd } from '../../chaos/services/crowd.ts';
import type { Received } from '../../chaos/clients/journal.ts';
import { ServiceProcess } from '../../chaos/services/service-process.ts';
import { describe, isAllTold, isAllToldOften, isWhole, longestPauseMs } from './check-chat.ts';
import { LogReader } from './stored-log.ts';
import type { NatsCluster } from './nats-cluster.ts';

const CLIENTS = 8;
/** Elections of nats-server 2.9 were seen to take 12 s. */
const PATIENCE_MS = 60_000;
const QUESTION = 'Olá! O que você sabe fazer?';

/** What happened to the chats of one round; that they came whole was checked. */
interface Seen {
  chats: number;
  /** The longest time a client heard nothing new of its chat. */
  longestPauseMs: number;
  /** Chats that the broker let two write to: not whole, through no fault of ours. */
  unfenced: number;
}

/** Gateways, workers and clients on a cluster: what its users see of what happens to it. */
export class ServedCrowd implements AsyncDisposable {
  readonly gateways: readonly ServiceProcess[];
  readonly workers: readonly ServiceProcess[];
  readonly #crowd: Crowd;
  readonly #logs: LogReader;
  readonly #owned: DisposalStack;
  #round = 0;

  private constructor(
    gateways: readonly ServiceProcess[],
    workers: readonly ServiceProcess[],
    crowd: Crowd,
    logs: LogReader,
    owned: DisposalStack,
  ) {
    this.gateways = gateways;
    this.workers = workers;
    this.#crowd = crowd;
    this.#logs = logs;
    this.#owned = owned;
  }

  static async start(cluster: NatsCluster, settings: { readonly ackWaitMs: number }): Promise<ServedCrowd> {
    const owned = new DisposalStack();
    try {
      const common = {
        STREAM_REPLICAS: '3',
        ACK_WAIT_MS: String(settings.ackWaitMs),
        LOCAL_AGENT_DELAY_MS: '20',
      };
      const start = async (
        service: 'gateway' | 'chat-worker',
        role: 'gateway' | 'worker',
      ): Promise<ServiceProcess> =>
        owned.use(await ServiceProcess.start(service, cluster.url, { ...common, ...credentials(role) }));
      const gateways = [await start('gateway', 'gateway'), await start('gateway', 'gateway')];
      const workers = [await start('chat-worker', 'worker'), await start('chat-worker', 'worker')];
      const ports = gateways.map(({ port }) => port);
      const crowd = owned.use(new Crowd({ name: freshId('cluster'), count: CLIENTS, ports }));
      await crowd.until(({ isSettled }) => isSettled, PATIENCE_MS);
      const logs = owned.use(await LogReader.connect(cluster.url));
      return new ServedCrowd(gateways, workers, crowd, logs, owned);
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  get serverVersion(): string {
    return this.#logs.serverVersion;
  }

  /**
   * Half of the clients ask, and in the middle of the answers `disturb` happens while all ask. Every answer has to come whole, once and in order, over the one connection each client has, without an error.
   */
  async sees(disturb: () => Promise<unknown>): Promise<Seen> {
    this.#round += 1;
    const [early, late] = [`r${this.#round}-early`, `r${this.#round}-late`];
    const { clients } = this.#crowd;
    const answering = clients.filter((_, index) => index % 2 === 0);
    for (const client of answering) client.ask(early, QUESTION);
    await this.#crowd.until(
      (client) => !answering.includes(client) || client.journal.received.some(isChunkOf(early)),
      PATIENCE_MS,
    );
    const disturbed = disturb();
    for (const client of clients) client.ask(late, QUESTION);
    await disturbed;
    await this.#crowd.until(({ journal }) => journal.received.some(isEndOf(late)), PATIENCE_MS);
    for (const { name, journal, closedAtMs } of clients) {
      const errors = journal.notes.filter((note) => note.includes(' error '));
      expect({ name, errors, cuts: closedAtMs.length }).toEqual({ name, errors: [], cuts: 0 });
    }
    expect(this.#crowd.violations).toEqual([]);
    expect([...this.gateways, ...this.workers].flatMap(({ defects }) => defects)).toEqual([]);
    const asked = clients.flatMap((client) =>
      (answering.includes(client) ? [early, late] : [late]).map((requestId) => ({ client, requestId })),
    );
    const seen: Seen = { chats: asked.length, longestPauseMs: 0, unfenced: 0 };
    for (const { client, requestId } of asked) {
      const { log, told } = await this.#told(client, requestId);
      seen.longestPauseMs = Math.max(seen.longestPauseMs, longestPauseMs(told));
      if (isFenceBroken(log) || !isAllTold(log, told)) seen.unfenced += 1;
      else expect(isWhole(log), `${client.name} ${requestId}:\n${describe(log)}`).toBe(true);
    }
    return seen;
  }

  /** What is stored of a chat, once its client was told all of it. @throws when it is told something else */
  async #told(client: ContractClient, requestId: string) {
    const { name, journal } = client;
    const ask = async () => {
      const log = await this.#logs.logOf(name, requestId);
      return { log, told: journal.received.filter(({ data }) => data['request_id'] === requestId) };
    };
    const isWanted = holdsFence(this.serverVersion) ? isAllTold : isAllToldOften;
    try {
      // A broker that lets a late write through may do so after the end.
      return await eventually(ask, ({ log, told }) => isWanted(log, told));
    } catch {
      const { log, told } = await ask();
      const steps = told.map(({ id, type, cursor }) => `${type} ${id} ${cursor}`).join('\n');
      throw new Error(`${name} ${requestId}: stored is\n${describe(log)}\ntold was\n${steps}`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned[Symbol.asyncDispose]();
  }
}

const isChunkOf =
  (id: string) =>
  (event: Received): boolean =>
    event.type === 'chat' && event.data['request_id'] === id;
const isEndOf =
  (id: string) =>
  (event: Received): boolean =>
    (event.type === 'chat_complete' || event.type === 'error') && event.data['request_id'] === id;
