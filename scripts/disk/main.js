import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { StartFailure, Stopped } from '../start/failure.js';
import { startPrivateSystem } from '../start/private-system.js';
import { startLongModel } from './long-model.js';
import { CHATS_PER_SESSION, runChats } from './run-chats.js';
import { storedBytes } from './stored-bytes.js';

const KIBIBYTE = 1024;
const GIBIBYTE = KIBIBYTE ** 3;
const STREAMS = /** @type {const} */ (['SESSIONS', 'CHAT_REQUESTS', 'SESSION_STATE']);
/** Records of sessions are kept for so much longer than what they guard. */
const STATE_OUTLIVES_HOURS = 48;
/** Of indexes, of what is not trimmed yet, of a broker that catches up. */
const RESERVE = 4 / 3;
/** The longest answer is 256 KiB with its quotes; an answer that stays below it, in tokens of four characters. */
const LONG = { characters: 255 * KIBIBYTE, pieceCharacters: 4 };
const USAGE =
  'Usage: npm run disk -- [--chats-per-day N] [--retention-hours N] [--replicas N] [--sessions N]';

/** @typedef {{ chatsPerDay: number, retentionHours: number, replicas: number, sessions: number }} Plan */
/** @typedef {Readonly<Record<typeof STREAMS[number], number>>} BytesPerChat */
/** @typedef {{ name: string, share: number, atOnce: number, isLong: boolean }} Kind `share` of the sessions */

/** @type {readonly Kind[]} */
const KINDS = [
  { name: 'built-in agent', share: 1, atOnce: 50, isLong: false },
  { name: '255 KiB answers', share: 0.15, atOnce: 5, isLong: true },
];

/** @param {readonly string[]} args @returns {Plan} */
function readPlan(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'chats-per-day': { type: 'string', default: '100000' },
      'retention-hours': { type: 'string', default: '24' },
      replicas: { type: 'string', default: '3' },
      sessions: { type: 'string', default: '100' },
    },
  });
  const [chatsPerDay = 0, retentionHours = 0, replicas = 0, sessions = 0] = [
    values['chats-per-day'],
    values['retention-hours'],
    values.replicas,
    values.sessions,
  ].map((text) => (/^[1-9]\d*$/.test(text) ? Number(text) : 0));
  if (chatsPerDay * retentionHours * replicas * sessions === 0) throw new StartFailure(USAGE);
  return { chatsPerDay, retentionHours, replicas, sessions };
}

/**
 * @param {Kind} kind
 * @param {Plan} plan
 * @param {AbortSignal} signal
 * @returns {Promise<{ answers: Awaited<ReturnType<typeof runChats>>, bytes: BytesPerChat }>}
 */
async function measure({ share, atOnce, isLong }, plan, signal) {
  const sessions = Math.ceil(share * plan.sessions);
  const dataFolder = mkdtempSync(join(tmpdir(), 'disk-'));
  const model = isLong ? await startLongModel(LONG.characters, LONG.pieceCharacters) : undefined;
  try {
    // No stream is trimmed before it was measured.
    const settings = { STREAM_MAX_MEGABYTES: '4096', LOG_LEVEL: 'warn' };
    const models = model === undefined ? {} : { OPENAI_BASE_URL: model.url, OPENAI_MODEL: 'disk' };
    const system = await startPrivateSystem(process.env, dataFolder, signal, {
      ...settings,
      ...models,
    });
    const answers = await runChats(system.port, { sessions, atOnce });
    // A broker that has stopped has written everything.
    await system.stop();
    if (signal.aborted) throw new Stopped();
    const chats = sessions * CHATS_PER_SESSION;
    const [first, second, third] = STREAMS.map((stream) => storedBytes(dataFolder, stream) / chats);
    return {
      answers,
      bytes: { SESSIONS: first ?? 0, CHAT_REQUESTS: second ?? 0, SESSION_STATE: third ?? 0 },
    };
  } finally {
    model?.close();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/**
 * @param {BytesPerChat} bytes
 * @param {Plan} plan
 * @returns {number} what all servers together need
 */
function neededBytes({ SESSIONS, SESSION_STATE }, { chatsPerDay, retentionHours, replicas }) {
  const perHour = chatsPerDay / 24;
  const kept = SESSIONS * retentionHours + SESSION_STATE * (retentionHours + STATE_OUTLIVES_HOURS);
  return perHour * kept * replicas * RESERVE;
}

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** @param {number} bytes */
const kibibytes = (bytes) => (bytes / KIBIBYTE).toFixed(1);

/**
 * Prints what a chat takes on disk, and what that makes of a day's.
 *
 * @param {readonly string[]} args
 * @param {AbortSignal} signal
 * @returns {Promise<number>} the exit code
 */
export async function main(args, signal) {
  const plan = readPlan(args);
  const { chatsPerDay, retentionHours, replicas } = plan;
  const need = `${chatsPerDay} chats a day × ${retentionHours} h × ${replicas} replicas`;
  console.log(`| chats | answer | chunks | ${STREAMS.join(' | ')} | ${need} |`);
  console.log(`| --- | --- | --- | ${STREAMS.map(() => '---').join(' | ')} | --- |`);
  for (const kind of KINDS) {
    const { answers, bytes } = await measure(kind, plan, signal);
    const answer = `${kibibytes(mean(answers.map(({ characters }) => characters)))} KiB`;
    const chunks = mean(answers.map((one) => one.chunks)).toFixed(0);
    const perStream = STREAMS.map((stream) => `${kibibytes(bytes[stream])} KiB`).join(' | ');
    const needed = `${(neededBytes(bytes, plan) / GIBIBYTE).toFixed(1)} GiB`;
    console.log(`| ${answers.length}, ${kind.name} | ${answer} | ${chunks} | ${perStream} | ${needed} |`);
  }
  return 0;
}
