import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Bench, Experiment, Samples } from '../experiment.ts';
import { openSockets } from '../open-sockets.ts';
import { RawPublisher } from '../raw-publisher.ts';
import { RawSocket } from '../raw-socket.ts';
import { startBroker, startGateway } from '../servers.ts';
import { TOKEN_SECRET, tokenFor } from '../token.ts';
import { Chunks } from '../traffic.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';

const SOCKETS = 15_000;
const HELD_MS = 600_000;
const PING_EVERY_MS = 30_000;
const TICK_MS = 100;
const PING = '{"type":"ping"}';
/** One that was refused tries again, as the client library does. */
const RETRY_MS = 500;
const GIVE_UP_MS = 120_000;
/** Clients that lost their gateway don't wait for each other. */
const BACK_AT_ONCE = 1_000;
/** After the welcome: what was missed, and then who is there. */
const FRAMES_OF_RESUME = 2;

const WELCOME = z.object({ data: z.object({ cursor: z.string() }) });
const ENV = { AUTH_MODE: 'required', JWT_SECRET: TOKEN_SECRET };

interface Client {
  readonly sessionId: string;
  readonly token: string;
  cursor: string;
  pongs: number;
  isOpen: boolean;
  socket: RawSocket | undefined;
}

async function connectClient(client: Client, port: number): Promise<RawSocket> {
  const socket = await RawSocket.open(port, `/ws/chat/${client.sessionId}?token=${client.token}`, () => {
    client.pongs += 1;
  });
  client.cursor = WELCOME.parse(JSON.parse(socket.welcome)).data.cursor;
  client.socket = socket;
  client.isOpen = true;
  socket.whenClosed(() => {
    client.isOpen = false;
  });
  return socket;
}

/** Each says that it is there every half a minute, the one after the other. */
async function hold(clients: readonly Client[], heldMs: number): Promise<void> {
  const perTick = Math.ceil((clients.length * TICK_MS) / PING_EVERY_MS);
  const begun = performance.now();
  for (let turn = 0; performance.now() - begun < heldMs; turn += 1) {
    for (let index = 0; index < perTick; index += 1) {
      clients[(turn * perTick + index) % clients.length]?.socket?.send(PING);
    }
    await delay(Math.max(0, begun + (turn + 1) * TICK_MS - performance.now()));
  }
}

/** Comes back with its cursor, until it has got what it missed. */
async function comeBack(client: Client, port: number, deadline: number): Promise<RawSocket> {
  const path = `/ws/chat/${client.sessionId}?token=${client.token}&since=${client.cursor}`;
  for (;;) {
    try {
      let left = FRAMES_OF_RESUME;
      let onAll: () => void = () => undefined;
      let onClosed: (error: Error) => void = () => undefined;
      const all = new Promise<void>((resolve, reject) => {
        onAll = resolve;
        onClosed = reject;
      });
      const socket = await RawSocket.open(port, path, () => {
        left -= 1;
        if (left === 0) onAll();
      });
      socket.whenClosed(() => onClosed(new Error('closed before it had what it missed')));
      await all;
      return socket;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(RETRY_MS); // Refused, or cut: it is told to come again.
    }
  }
}

/** The table comes only when all is over. */
function say(begun: number, what: string): void {
  console.error(`  held: ${((performance.now() - begun) / 1_000).toFixed(0)} s: ${what}`);
}

async function measure({ trees: [tree = ''], share }: Bench): Promise<Readonly<Record<string, Samples>>> {
  await using owned = new DisposalStack();
  const broker = owned.use(await startBroker());
  const gateway = owned.use(await startGateway(broker, tree, { env: ENV }));
  const sockets: RawSocket[] = [];
  owned.defer(() => {
    for (const socket of sockets) socket[Symbol.dispose]();
  });
  const run = String(Date.now());
  const begun = performance.now();
  const clients = Array.from({ length: SOCKETS }, (_, index): Client => {
    const sessionId = `held-${run}-${String(index)}`;
    const token = tokenFor(`user-${String(index)}`);
    return { sessionId, token, cursor: '', pongs: 0, isOpen: false, socket: undefined };
  });
  sockets.push(...(await openSockets(clients, (client) => connectClient(client, gateway.port))));
  say(begun, `${String(sockets.length)} are open`);
  const heldMs = HELD_MS * share;
  await hold(clients, heldMs);
  const held = clients.filter(({ isOpen }) => isOpen).length;
  const answers = clients.reduce((sum, { pongs }) => sum + pongs, 0);

  say(begun, `${String(held)} are still open, the gateway is killed`);
  const killedAt = performance.now();
  await gateway[Symbol.asyncDispose]();
  // Stored while nobody is connected: whoever comes back without it has lost something.
  using publisher = await RawPublisher.connect(broker.url);
  for (const { sessionId } of clients) publisher.publish(new Chunks(sessionId).next());
  const successor = owned.use(await startGateway(broker, tree, { env: ENV }));
  say(begun, 'another has started');
  let count = 0;
  const comeBackCounted = async (client: Client): Promise<RawSocket> => {
    const socket = await comeBack(client, successor.port, killedAt + GIVE_UP_MS);
    count += 1;
    if (count % (SOCKETS / 5) === 0) say(begun, `${String(count)} are back`);
    return socket;
  };
  const back = await openSockets(clients, comeBackCounted, BACK_AT_ONCE);
  sockets.push(...back);
  return {
    held: {
      reference: [],
      ours: [[held]],
      note: `for ${String(heldMs / 1_000)} s, with a ping each ${String(PING_EVERY_MS / 1_000)} s; ${String(answers)} frames came`,
    },
    'held-resumed': { reference: [], ours: [[back.length]] },
    'held-resume-time': { reference: [], ours: [[(performance.now() - killedAt) / 1_000]] },
  };
}

/** Many sockets for long on one gateway process, which is then killed. */
export const held: Experiment = {
  onlyByName: true,
  figures: [
    {
      name: 'held',
      what: 'sockets with a token and a session of their own, held on one gateway process for ten minutes',
      unit: 'sockets',
      bar: { of: 'value', is: 'at least', limit: SOCKETS },
    },
    {
      name: 'held-resumed',
      what: 'of these, back with what they missed after the gateway was killed',
      unit: 'sockets',
      bar: { of: 'value', is: 'at least', limit: SOCKETS },
    },
    {
      name: 'held-resume-time',
      what: 'from the kill until the last of them had it',
      unit: 's',
      bar: { of: 'value', limit: 60 },
    },
  ],
  measure,
};
