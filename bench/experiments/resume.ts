import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { median, type Bench, type Experiment, type Samples } from '../experiment.ts';
import { fillStream } from '../fill-stream.ts';
import { RawPublisher } from '../raw-publisher.ts';
import { RawSocket } from '../raw-socket.ts';
import { startBroker, startGateway, type MeasuredGateway } from '../servers.ts';
import { Chunks } from '../traffic.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';

const CHATS = 200_000;
const CHUNKS_OF_EACH = 5;
const MISSED = 100;
/** What others store between two of the missed events. */
const BETWEEN = 10;
const SESSIONS_PER_ROUND = 15;

const FRAME = z.object({ cursor: z.string().optional() });

interface Pair {
  /** Where the session is open. */
  readonly same: MeasuredGateway;
  readonly other: MeasuredGateway;
}

interface Resumes {
  readonly sameMs: number[];
  readonly otherMs: number[];
  /** A connection without anything to make up for, to its welcome. */
  readonly plainMs: number[];
}

async function measure({ trees, rounds, share }: Bench): Promise<Readonly<Record<string, Samples>>> {
  await using servers = new DisposalStack();
  const broker = servers.use(await startBroker());
  const pairs: Pair[] = [];
  for (const tree of trees) {
    const same = servers.use(await startGateway(broker, tree));
    pairs.push({ same, other: servers.use(await startGateway(broker, tree)) });
  }
  await fillStream(broker, CHATS * share, CHUNKS_OF_EACH);
  using publisher = await RawPublisher.connect(broker.url);
  const samples = pairs.map(() => ({
    sameMs: [] as number[],
    otherMs: [] as number[],
    plainMs: [] as number[],
    reads: [] as number[],
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, pair] of pairs.entries()) {
      const resumes: Resumes = { sameMs: [], otherMs: [], plainMs: [] };
      const before = await readsOf(pair.same);
      for (let session = 0; session < SESSIONS_PER_ROUND; session += 1)
        await resume(publisher, pair, resumes);
      samples[index]?.reads.push((await readsOf(pair.same)) - before);
      samples[index]?.sameMs.push(median(resumes.sameMs));
      samples[index]?.otherMs.push(median(resumes.otherMs));
      samples[index]?.plainMs.push(median(resumes.plainMs));
    }
  }
  const plain = median(samples[0]?.plainMs ?? []).toFixed(2);
  return {
    'resume-same': {
      reference: [],
      ours: samples.map(({ sameMs }) => sameMs),
      note: `of these, ${plain} ms are a connection and its welcome without anything to make up for`,
    },
    'resume-same-reads': { reference: [], ours: samples.map(({ reads }) => reads) },
    'resume-other': { reference: [], ours: samples.map(({ otherMs }) => otherMs) },
  };
}

/** One session that stays open on one gateway, misses events with another socket, and takes them up twice. */
async function resume(publisher: RawPublisher, { same, other }: Pair, into: Resumes): Promise<void> {
  const id = `resume-${String(performance.now()).replace('.', '-')}`;
  const keeper = new WebSocket(`ws://127.0.0.1:${String(same.port)}/ws/chat/${id}`, 'cidadao.v1');
  try {
    await once(keeper, 'message');
    const own = new Chunks(id).next();
    publisher.publish(own);
    const [cursor = ''] = await nextCursors(keeper, 1);
    for (let event = 0; event < MISSED; event += 1) {
      publisher.publish(own);
      for (let between = 0; between < BETWEEN; between += 1) {
        publisher.publish(new Chunks(`${id}-${String(between)}`).next());
      }
    }
    await nextCursors(keeper, MISSED);
    const path = `/ws/chat/${id}?since=${cursor}`;
    into.plainMs.push(await untilFrames(same, `/ws/chat/${id}`, 0));
    into.sameMs.push(await untilFrames(same, path, MISSED));
    into.otherMs.push(await untilFrames(other, path, MISSED));
  } finally {
    keeper.terminate();
  }
}

/** Of so many stored events that come next: presence has none. */
function nextCursors(socket: WebSocket, count: number): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const cursors: string[] = [];
    const onMessage = (bytes: Buffer): void => {
      const { cursor } = FRAME.parse(JSON.parse(bytes.toString()));
      if (cursor === undefined || cursors.push(cursor) < count) return;
      socket.off('message', onMessage);
      resolve(cursors);
    };
    socket.on('message', onMessage);
  });
}

/** From the beginning of the connection to so many frames after the welcome. */
async function untilFrames({ port }: MeasuredGateway, path: string, frames: number): Promise<number> {
  const begun = performance.now();
  let left = frames;
  let onAll: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (onAll = resolve));
  using socket = await RawSocket.open(port, path, () => {
    left -= 1;
    if (left === 0) onAll();
  });
  if (frames > 0) await all;
  const tookMs = performance.now() - begun;
  socket[Symbol.dispose]();
  return tookMs;
}

async function readsOf({ adminPort }: MeasuredGateway): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${String(adminPort)}/metrics`);
  const line = /^rt_stream_reads_total\{[^}]*stream="SESSIONS"[^}]*\} (\d+)/m.exec(await answer.text());
  return Number(line?.[1] ?? 0);
}

/** What a client that comes back waits for what it missed. */
export const resumes: Experiment = {
  figures: [
    {
      name: 'resume-same',
      what: '100 missed events on the gateway that has the session, from connecting to the last, median; 1,000,000 events of 200,000 chats stored',
      unit: 'ms',
      bar: { of: 'value', limit: 1 },
    },
    {
      name: 'resume-same-reads',
      what: 'reads of the stream in all of these',
      unit: 'reads',
      bar: { of: 'value', limit: 0 },
    },
    {
      name: 'resume-other',
      what: 'the same on another gateway',
      unit: 'ms',
      bar: { of: 'value', limit: 15 },
    },
  ],
  measure,
};
