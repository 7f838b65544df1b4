import { connect, headers } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { freePorts } from '../../support/free-ports.ts';
import { NatsServer } from '../../support/nats-server.ts';
import { RawHttp } from '../../support/raw-http.ts';
import { RawSocket } from '../../support/raw-socket.ts';
import { RecordedProcess } from '../../support/recorded-process.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { SocketClient } from '../../support/socket-client.ts';
import { testEnvironment } from '../../support/test-environment.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';
import { Prober } from './prober.ts';
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
  readonly pings: number;
  readonly chats: number;
  readonly pingP99Ms: number;
  /** The services still run. */
  readonly alive: boolean;
  /** What they logged as an error: nothing any input may be should lead there. */
  readonly errors: readonly string[];
  /** What each service held, one number a second. */
  readonly memory: Readonly<Record<'gateway' | 'worker', readonly number[]>>;
}

/** Between two bursts, so that the machine is busy with the services and not with the making of nonsense. */
const PAUSE_MS = 8;
const FRAMES_A_SOCKET = 150;
const SOCKET_ATTACKERS = 4;
const SAMPLE_MS = 1_000;

/** Sends nonsense from all sides at one gateway and one worker, and watches what it does to them. */
export async function runFuzz({ durationMs, seed }: FuzzOptions): Promise<FuzzReport> {
  await using owned = new DisposalStack();
  const nats = owned.use(await NatsServer.start());
  const [port = 0] = await freePorts(1);
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
  const worker = owned.use(await RecordedProcess.start('chat-worker', environment));
  const target = { port, natsUrl: nats.url, counts: { frames: 0, rawFrames: 0, requests: 0, messages: 0 } };
  const memory = { gateway: [] as number[], worker: [] as number[] };
  const over = AbortSignal.timeout(durationMs);
  const prober = new Prober(`ws://127.0.0.1:${port}`);
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
  await Promise.all([...attackers, sampling, prober.run(over)]);
  return {
    ...target.counts,
    ...prober.result(),
    alive: gateway.isRunning && worker.isRunning,
    errors: [gateway, worker].flatMap(({ output }) => output.split('\n').filter((line) => line !== '')),
    memory,
  };
}

interface Target {
  readonly port: number;
  readonly natsUrl: string;
  readonly counts: { frames: number; rawFrames: number; requests: number; messages: number };
}

async function repeat(over: AbortSignal, pauseMs: number, step: () => Promise<void>): Promise<void> {
  while (!over.aborted) {
    await step();
    await delay(pauseMs);
  }
}

/** Whole frames from a client that keeps the protocol of WebSockets; what it gets back is checked. */
function bySocket({ port, counts }: Target, random: SeededRandom, over: AbortSignal): Promise<void> {
  return repeat(over, PAUSE_MS, async () => {
    const query = random.chance(0.3)
      ? `?token=${userToken({ sub: random.pick(['maria', 'joão', '*']) })}`
      : '';
    // An upgrade may be refused, and an owned session is shut to others.
    const url = `ws://127.0.0.1:${port}/ws/chat/${random.chance(0.5) ? `own-${random.integer(0, 1e9)}` : anySession(random)}${query}`;
    const socket = await SocketClient.connect(url);
    for (let sent = 0; sent < FRAMES_A_SOCKET && !over.aborted && socket.raw.readyState === 1; sent += 1) {
      socket.send(anyFrame(random));
      counts.frames += 1;
      if (random.chance(0.2)) await delay(PAUSE_MS);
    }
    if (random.chance(0.5) && socket.raw.readyState === 1) await socket.close();
    await socket[Symbol.asyncDispose]();
  });
}

function byRawFrames({ port, counts }: Target, random: SeededRandom, over: AbortSignal): Promise<void> {
  return repeat(over, PAUSE_MS, async () => {
    using socket = await RawSocket.open(port, `/ws/chat/raw-${random.integer(0, 1e9)}`);
    let isOpen = true;
    void socket.closed.then(() => (isOpen = false));
    for (let sent = 0; sent < 20 && isOpen; sent += 1) {
      await socket.write(anyFrameBytes(random));
      counts.rawFrames += 1;
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
  const connection = await connect({ servers: natsUrl });
  await repeat(over, PAUSE_MS, async () => {
    for (let sent = 0; sent < 10; sent += 1) {
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
