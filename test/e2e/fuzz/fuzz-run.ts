import { connect, headers } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { freePorts } from '../../support/free-ports.ts';
import { freshId } from '../../support/fresh-id.ts';
import { startBroker } from '../../support/start-broker.ts';
import { RawHttp } from '../../support/raw-http.ts';
import { RawSocket } from '../../support/raw-socket.ts';
import { RecordedProcess } from '../../support/recorded-process.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { SocketClient } from '../../support/socket-client.ts';
import { testEnvironment } from '../../support/test-environment.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';
import { isRefusal, Prober, REFUSED_PAUSE_MS } from './prober.ts';
import { anyFrame, anyFrameBytes, anyMessage, anyRequest, anySession } from './hostile-traffic.ts';

export interface FuzzOptions {
  readonly durationMs: number;
  readonly seed: number;
}

export interface FuzzReport {
  readonly frames: number;
  readonly rawFrames: number;
  readonly requests: number;
  readonly messages: number;
  /** Sockets that got a 503. */
  readonly refusals: number;
  readonly pings: number;
  readonly chats: number;
  readonly pingP99Ms: number;
  /** The same at the same time, at a gateway that nobody attacks. */
  readonly sparedPingP99Ms: number;
  /** What the gateway says is open when everybody has left. */
  readonly connectionsLeft: number;
  /** The services still run. */
  readonly alive: boolean;
  /** What they logged as an error: nothing any input may be should lead there. */
  readonly errors: readonly string[];
  /** What each service held, one number a second. */
  readonly memory: Readonly<Record<'gateway' | 'worker', readonly number[]>>;
}

/**
 * Between two bursts of each attacker: the machine is to be busy, with the services and not with the making of
 * nonsense, and never so full that everybody waits for a core.
 */
const PAUSE_MS = 30;
const FRAMES_A_BURST = 4;
const MESSAGES_A_BURST = 8;
const FRAMES_A_SOCKET = 150;
const SOCKET_ATTACKERS = 4;
const SAMPLE_MS = 1_000;
/** What `ws` calls a socket that can be written to. */
const OPEN = 1;

/** Sends nonsense from all sides at one gateway and one worker, and watches what it does to them. */
export async function runFuzz({ durationMs, seed }: FuzzOptions): Promise<FuzzReport> {
  await using owned = new DisposalStack();
  const nats = owned.use(await startBroker());
  const [port = 0, sparedPort = 0] = await freePorts(2);
  const environment = {
    ...testEnvironment(nats.url),
    LOG_LEVEL: 'error',
    NODE_OPTIONS: '--trace-warnings',
    PORT: String(port),
    JWT_SECRET: USER_TOKEN_SECRET,
    // Nothing is kept away from the code that has to deal with it.
    RATE_LIMIT_PER_SECOND: '100000',
    MAX_ERRORS: '100000',
    QUEUE_MAX_WAIT_MS: '10000',
  };
  const gateway = owned.use(await RecordedProcess.start('gateway', environment));
  const spared = { ...environment, PORT: String(sparedPort) };
  owned.use(await RecordedProcess.start('gateway', spared));
  const worker = owned.use(await RecordedProcess.start('chat-worker', environment));
  const target = {
    port,
    natsUrl: nats.url,
    counts: { frames: 0, rawFrames: 0, requests: 0, messages: 0, refusals: 0 },
  };
  const memory = { gateway: [] as number[], worker: [] as number[] };
  const prober = new Prober(`ws://127.0.0.1:${port}`);
  const comparison = new Prober(`ws://127.0.0.1:${sparedPort}`);
  const over = AbortSignal.timeout(durationMs);
  const sampling = repeat(over, SAMPLE_MS, () => {
    memory.gateway.push(gateway.residentBytes);
    memory.worker.push(worker.residentBytes);
    return Promise.resolve();
  });
  const attackers = [
    ...Array.from({ length: SOCKET_ATTACKERS }, (_, n) => bySocket(target, new SeededRandom(seed + n), over)),
    byRawFrames(target, new SeededRandom(seed + 101), over),
    byRequests(target, new SeededRandom(seed + 102), over),
    byMessages(target, new SeededRandom(seed + 103), over),
  ];
  await Promise.all([...attackers, sampling, prober.run(over), comparison.run(over)]);
  const connectionsLeft = await settledConnections(port);
  return {
    ...target.counts,
    ...prober.result(),
    connectionsLeft,
    sparedPingP99Ms: comparison.result().pingP99Ms,
    alive: gateway.isRunning && worker.isRunning,
    errors: [gateway, worker].flatMap(({ output }) => output.split('\n').filter((line) => line !== '')),
    memory,
  };
}

interface Target {
  readonly port: number;
  readonly natsUrl: string;
  readonly counts: {
    frames: number;
    rawFrames: number;
    requests: number;
    messages: number;
    refusals: number;
  };
}

/** A machine so busy that the broker does not answer for three seconds: the gateway says 503, as it should. */
async function unlessRefused<Result>(
  opening: Promise<Result>,
  counts: Target['counts'],
): Promise<Result | undefined> {
  try {
    return await opening;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    counts.refusals += 1;
    await delay(REFUSED_PAUSE_MS);
    return undefined;
  }
}

const health = z.object({ connections: z.number() });

/** How many sockets stay, given time. */
async function settledConnections(port: number): Promise<number> {
  let { connections } = { connections: Number.NaN };
  for (let checks = 0; checks < 50 && connections !== 0; checks += 1) {
    await delay(100);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/ws/health`);
    ({ connections } = health.parse(await answer.json()));
  }
  return connections;
}

async function repeat(over: AbortSignal, pauseMs: number, step: () => Promise<void>): Promise<void> {
  while (!over.aborted) {
    await step();
    await delay(pauseMs);
  }
}

/**
 * Whole frames from a client that keeps the protocol of WebSockets. In a session of its own what it gets back
 * is checked against the protocol; one into whose log strangers write is theirs, not ours.
 */
function bySocket({ port, counts }: Target, random: SeededRandom, over: AbortSignal): Promise<void> {
  return repeat(over, PAUSE_MS, async () => {
    const query = random.chance(0.3)
      ? `?token=${userToken({ sub: random.pick(['maria', 'joão', '*']) })}`
      : '';
    const isOwn = random.chance(0.5);
    const session = isOwn ? freshId('own') : anySession(random);
    const url = `ws://127.0.0.1:${port}/ws/chat/${session}${query}`;
    const socket = await unlessRefused(SocketClient.connect(url), counts);
    if (socket === undefined) return;
    for (let sent = 0; sent < FRAMES_A_SOCKET && !over.aborted && socket.raw.readyState === OPEN; sent += 1) {
      socket.send(anyFrame(random));
      counts.frames += 1;
      if (sent % FRAMES_A_BURST === 0) await delay(PAUSE_MS);
    }
    if (random.chance(0.5) && socket.raw.readyState === OPEN) await socket.close();
    if (isOwn) await socket[Symbol.asyncDispose]();
    else await socket.cut();
  });
}

function byRawFrames({ port, counts }: Target, random: SeededRandom, over: AbortSignal): Promise<void> {
  return repeat(over, PAUSE_MS, async () => {
    const opening = RawSocket.open(port, `/ws/chat/raw-${random.integer(0, 1e9)}`);
    using socket = await unlessRefused(opening, counts);
    if (socket === undefined) return;
    const ended = socket.closed.then(() => true);
    for (let sent = 0; sent < 20; sent += 1) {
      await socket.write(anyFrameBytes(random));
      counts.rawFrames += 1;
      if (await Promise.race([ended, delay(0, false)])) return;
    }
  });
}

function byRequests({ port, counts }: Target, random: SeededRandom, over: AbortSignal): Promise<void> {
  return repeat(over, PAUSE_MS, async () => {
    using raw = await RawHttp.connect(port);
    for (let sent = random.integer(1, 4); sent > 0; sent -= 1) {
      raw.socket.write(anyRequest(random));
      counts.requests += 1;
    }
    await Promise.race([raw.ended, delay(20)]);
  });
}

async function byMessages(
  { natsUrl, counts }: Target,
  random: SeededRandom,
  over: AbortSignal,
): Promise<void> {
  const connection = await connect({ servers: natsUrl.split(',') });
  await repeat(over, PAUSE_MS, async () => {
    for (let sent = 0; sent < MESSAGES_A_BURST; sent += 1) {
      const message = anyMessage(random);
      const values = headers();
      try {
        for (const [name, value] of message.headers) values.append(name, value);
        connection.publish(message.subject, message.payload, { headers: values });
        counts.messages += 1;
      } catch {
        // The client refuses what the broker could not read: nothing to send then.
      }
    }
    await connection.flush();
  });
  await connection.close();
}
