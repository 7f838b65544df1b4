import { parseSessionSubject, subjects } from '../../../shared/bus-protocol/subjects.ts';
import { isEnd, typeOfLogEvent } from '../../../shared/bus-protocol/chat-log.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { checkClient, expectedOf } from '../checks/check-client.ts';
import { checkLog } from '../checks/check-logs.ts';
import { noFindings } from '../checks/check.ts';
import { storedChat } from '../checks/stored-chats.ts';
import { createChaosAgent, type Generation } from '../parts/chaos-agent.ts';
import type { Stored } from '../trial/broker-log.ts';
import type { ChatPlan } from '../trial/chat-plan.ts';
import { SimBroker } from './sim-broker.ts';
import { SimClient, type ClientWorld } from './sim-client.ts';
import { LIMIT_BYTES, SimGateway } from './sim-gateway.ts';
import { SimWorker } from './sim-worker.ts';
import type { Instruments } from './instruments.ts';
import { anySimWeather, type SimWeather } from './sim-weather.ts';
import { useVirtualTime } from './virtual-time.ts';

const ACK_WAIT_MS = 1_000;
const MAX_CLIENTS = 8;
/** By then every chat has ended, whatever happened before. */
const LIVENESS_MS = 60_000;
/** By then every client has everything: the look after silent chats, after 4 s, must not be what brings it. */
const HEALING_MS = 2_500;
/** Only where the live path lost the tail of a chat without a sign that look is needed. */
const SILENT_HEALING_MS = 6_000;

/** Two gateways, two workers and some clients in one process, on one clock and one source of chance. */
export class Simulation implements ClientWorld {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly limitBytes = LIMIT_BYTES;
  gateways: SimGateway[];
  readonly #seed: number;
  readonly #weather: SimWeather;
  readonly #broker: SimBroker;
  readonly #instruments: Instruments;
  readonly #clients: SimClient[] = [];
  readonly #chats: ChatPlan[] = [];
  readonly #generations: Generation[] = [];
  readonly #violations: string[] = [];
  readonly #notes: string[] = [];
  #workers: SimWorker[];
  #named = 0;
  #notified = 0;
  #mayLoseWorkers = false;
  #lastWorkerCutMs = -Infinity;

  constructor(seed: number, instruments: Instruments) {
    this.#seed = seed;
    this.random = new SeededRandom(seed);
    useVirtualTime(this.clock, this.random);
    this.#instruments = instruments;
    this.#weather = anySimWeather(this.random);
    const { faults, isCluster } = this.#weather;
    this.#broker = new SimBroker(this.clock, this.random, { faults, isCluster, ackWaitMs: ACK_WAIT_MS });
    this.gateways = [this.#newGateway(), this.#newGateway()];
    this.#workers = [this.#newWorker(), this.#newWorker()];
  }

  violate(text: string): void {
    this.#violations.push(text);
  }

  /** @returns what is wrong; empty when nothing is */
  async run(): Promise<readonly string[]> {
    const { sessions, tabs, chats, steps, losesTail } = this.#weather;
    for (let index = 0; index < sessions * tabs; index += 1) this.#open(`s${index % sessions}`);
    // A session with nothing but notifications: where one is lost, no later event tells.
    if (!losesTail) this.#open('quiet');
    await this.#until(() => this.#clients.every(({ isWelcomed }) => isWelcomed), 'welcomed');
    for (let step = 0; step < steps; step += 1) {
      if (this.#chats.length < chats && this.random.chance(chats / steps + 0.2)) this.#ask();
      else this.#disturb();
      if (this.random.chance(0.4)) this.#notify();
      await this.clock.runFor(this.random.between(0, this.random.chance(0.1) ? 1_500 : 40));
    }
    while (this.#chats.length < chats) this.#ask();
    if (losesTail) await this.#loseTail();
    this.#heal();
    await this.#until(() => this.#chats.every((chat) => this.#hasEnded(chat)), 'ended (I5)');
    await this.clock.runFor(losesTail ? SILENT_HEALING_MS : HEALING_MS);
    this.#check();
    for (const gateway of this.gateways) gateway.kill();
    for (const worker of this.#workers) worker.kill();
    return this.#violations;
  }

  /** For people: what was done and what came of it. */
  evidence(): string[] {
    return [
      JSON.stringify(this.#weather),
      ...this.#chats.map((chat) => JSON.stringify(chat)),
      ...this.#notes,
      ...this.#stored().map(({ sequence, subject, text }) => `${sequence} ${subject} ${text.slice(0, 200)}`),
      ...this.#clients.flatMap(({ name, journal }) => [`--- ${name}`, ...journal.describe()]),
    ];
  }

  #ask(): void {
    const index = this.#chats.length;
    const client = this.random.pick(this.#clients.filter(({ sessionId }) => sessionId !== 'quiet'));
    const session = Number(client.sessionId.slice(1));
    const question = {
      marker: `@${client.sessionId}-c${index}@`,
      pieces: this.random.integer(2, 7),
      pauseMs: this.random.integer(1, 60),
      mode: this.random.chance(0.2) ? 'restart' : 'continue',
    } as const;
    const isCancelled = this.random.chance(0.15);
    const cancel = isCancelled ? { tab: 0, afterChunk: 0 } : undefined;
    const requestId = `c${index}`;
    this.#chats.push({ requestId, session, question, askers: [], copies: 1, cancel });
    const message = JSON.stringify(question);
    client.ask(requestId, message, this.random.pick([1, 1, 2]));
    const other = this.random.pick(this.#clients);
    if (other !== client && other.sessionId === client.sessionId && this.random.chance(0.4)) {
      other.ask(requestId, message, 1);
    }
    if (isCancelled)
      this.clock.schedule(() => cancelIfAccepted(client, requestId), this.random.between(5, 400));
  }

  #open(sessionId: string): void {
    const name = `client ${this.#clients.length}`;
    this.#clients.push(new SimClient(this, sessionId, name, this.random.integer(0, 1)));
  }

  /** Another service has something to say, several times in the same instant. */
  #notify(): void {
    const { sessionId } = this.random.pick(this.#clients);
    for (let count = this.random.integer(1, 2); count > 0; count -= 1) {
      if (!this.#broker.model.hasLeader('SESSIONS')) return;
      this.#notifyOf(sessionId);
    }
  }

  #notifyOf(sessionId: string): void {
    const mark = `n${(this.#notified += 1)}`;
    this.#broker.store('SESSIONS', {
      subject: subjects.notification(sessionId),
      data: Buffer.from(JSON.stringify({ mark })),
      messageId: mark,
      expectedLastSequence: undefined,
      headers: {},
      writer: 'another service',
    });
  }

  #disturb(): void {
    const { random } = this;
    const client = random.pick(this.#clients);
    const event = random.pick(this.#weather.events);
    this.#notes.push(`${this.clock.nowMs.toFixed(1)} ${event}`);
    switch (event) {
      case 'client opens':
        if (this.#clients.length < MAX_CLIENTS) this.#open(client.sessionId);
        break;
      case 'client cut':
        client.cut();
        break;
      case 'client lags':
        client.reading = false;
        this.clock.schedule(() => (client.reading = true), random.between(5, 800));
        break;
      case 'gateway killed': {
        const index = random.integer(0, 1);
        this.gateways[index]?.kill();
        this.gateways = this.gateways.map((one, place) => (place === index ? this.#newGateway() : one));
        break;
      }
      case 'gateway cut':
        this.#broker.cut(
          random.pick(this.gateways).bus.connection,
          random.between(0, 60),
          random.between(1, 400),
        );
        break;
      case 'gateway cut in a swap':
        this.#cutInASwap(client.sessionId);
        break;
      case 'gateway asleep':
        random.pick(this.gateways).bus.connection.sleep(random.between(1, 500));
        break;
      case 'worker killed':
      case 'worker drained':
        this.#replaceWorker();
        break;
      case 'worker cut':
        this.#cutWorker();
        break;
      case 'worker asleep':
        this.#mayLoseWorkers = true;
        random.pick(this.#workers).bus.connection.sleep(random.between(100, 3_000));
        break;
      case 'broker killed':
        this.#mayLoseWorkers = true;
        this.#broker.restart(() => random.between(1, 400));
        break;
      case 'election':
        this.#broker.model.changeLeader('SESSIONS', random.between(1, 150));
        break;
    }
  }

  /**
   * Of two writers' events of the same instant the later one came, and the connection is cut before the
   * earlier one does. Nobody notices for a while, and once it is back it may lack an answer.
   */
  #cutInASwap(sessionId: string): void {
    const { random, clock } = this;
    const { connection } = random.pick(this.gateways).bus;
    const hasLeader = this.#broker.model.hasLeader('SESSIONS');
    if (!hasLeader || connection.status !== 'connected') return;
    connection.loseNext();
    this.#notifyOf(sessionId);
    const messageId = `x${(this.#notified += 1)}`;
    this.#broker.store('SESSIONS', {
      subject: subjects.cancel(sessionId, messageId),
      data: Buffer.from('{}'),
      messageId,
      expectedLastSequence: undefined,
      headers: {},
      writer: 'somebody else',
    });
    const [noticedAfterMs, backAfterMs] = [random.between(0, 300), random.between(1, 300)];
    clock.schedule(() => this.#broker.cut(connection, noticedAfterMs, backAfterMs), 1.5);
    if (!this.#weather.isCluster) return;
    clock.schedule(
      () => this.#broker.model.changeLeader('SESSIONS', random.between(1, 150)),
      noticedAfterMs + backAfterMs,
    );
  }

  /** Short enough that no worker can lose its chat by it. */
  #cutWorker(): void {
    const { random, clock } = this;
    if (clock.nowMs - this.#lastWorkerCutMs < 2 * ACK_WAIT_MS) this.#mayLoseWorkers = true;
    this.#lastWorkerCutMs = clock.nowMs;
    this.#broker.cut(
      random.pick(this.#workers).bus.connection,
      random.between(0, 30),
      random.between(1, 200),
    );
  }

  #replaceWorker(): void {
    const { random } = this;
    this.#mayLoseWorkers = true;
    const index = random.integer(0, 1);
    if (random.chance(0.5)) this.#workers[index]?.kill();
    else void this.#workers[index]?.drain();
    this.#workers = this.#workers.map((one, place) => (place === index ? this.#newWorker() : one));
  }

  /** The end of the only chat gets lost on the way to a gateway, and nothing tells of it. */
  async #loseTail(): Promise<void> {
    const [chat] = this.#chats;
    const [client] = this.#clients;
    if (chat === undefined || client === undefined) return;
    await this.#until(() => client.journal.received.length > this.random.integer(1, 3), 'begun');
    for (const { bus } of this.gateways) bus.connection.deaf = true;
    await this.#until(() => this.#hasEnded(chat), 'ended (I5)');
  }

  #heal(): void {
    this.#broker.model.faults = { swap: this.#broker.model.faults.swap, repeat: 0, requestFailure: 0 };
    for (const { bus } of this.gateways) bus.connection.deaf = false;
    for (const client of this.#clients) client.reading = true;
  }

  async #until(isTrue: () => boolean, what: string): Promise<void> {
    const deadline = this.clock.nowMs + LIVENESS_MS;
    while (!isTrue()) {
      if (this.clock.nowMs > deadline) throw new Error(`not ${what} in time`);
      await this.clock.runFor(20);
    }
  }

  #hasEnded({ session, requestId }: ChatPlan): boolean {
    const storage = this.#broker.model.storage('SESSIONS');
    const last = storage.at(storage.lastOf(subjects.chatLog(`s${session}`, requestId)));
    const type = last === undefined ? undefined : typeOfLogEvent(last.data);
    return type !== undefined && isEnd(type);
  }

  #check(): void {
    const stored = this.#stored();
    const ofSession = (id: string): Stored[] =>
      stored.filter(({ subject }) => parseSessionSubject(subject)?.sessionId === id);
    const findings = noFindings();
    for (const plan of this.#chats) {
      const chat = storedChat(ofSession(`s${plan.session}`), plan.requestId);
      const { marker } = plan.question;
      const generations = this.#generations.filter((one) => one.marker === marker).length;
      this.#violations.push(...checkLog({ plan, chat, generations, mayLoseWorkers: this.#mayLoseWorkers }));
    }
    for (const { name, sessionId, journal } of this.#clients) {
      const startedAt = journal.startedAt.get('session');
      if (startedAt === undefined) this.violate(`${name} was never welcomed`);
      else checkClient(name, 'session', expectedOf(ofSession(sessionId), startedAt), journal, findings);
      this.#violations.push(...journal.violations.map((text) => `${name}: ${text}`));
    }
    this.#violations.push(...findings.violations, ...this.#instruments.takeDefects());
  }

  #stored(): Stored[] {
    const { messages } = this.#broker.model.storage('SESSIONS').page('session.>', 1, Infinity, Infinity);
    return messages.map((message) => ({
      subject: message.subject,
      sequence: message.sequence,
      text: Buffer.from(message.data).toString(),
      messageId: message.header('Nats-Msg-Id') ?? '',
      expected: undefined,
    }));
  }

  #newGateway(): SimGateway {
    return new SimGateway(this.#broker, this.#name('gateway'), this.#instruments.gateway);
  }

  #newWorker(): SimWorker {
    const agent = createChaosAgent((generation) => this.#generations.push(generation));
    const events = this.#instruments.worker;
    return new SimWorker(this.#broker, this.#name('worker'), { agent, events, ackWaitMs: ACK_WAIT_MS });
  }

  #name(kind: string): string {
    this.#named += 1;
    return `${kind}-${this.#seed}-${this.#named}`;
  }
}

/** One that waits on its socket only would be gone without a trace. */
function cancelIfAccepted(client: SimClient, requestId: string): void {
  const isAccepted = client.journal.received.some(({ data }) => data['request_id'] === requestId);
  if (isAccepted) client.cancel(requestId);
}
