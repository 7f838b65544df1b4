import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { codeOf, StartFailure } from '../start/failure.js';
import { field } from '../start/json.js';
import { startPrivateSystem } from '../start/private-system.js';
import { MessageSocket } from './message-socket.js';
import { SpanCollector } from './span-collector.js';
import { drawHops, drawSvg, drawText, hopsToFirstChunk, rowsOf } from './waterfall.js';

const QUESTION = 'Olá! O que você sabe fazer?';
const USAGE = 'npm run trace -- [--svg <file>] [question]';

/**
 * @param {number} port
 * @param {string} question
 * @returns {Promise<void>} resolves when the answer is whole
 */
async function ask(port, question) {
  /** @type {() => void} */
  let answered = () => undefined;
  const isAnswered = new Promise((/** @type {(value?: undefined) => void} */ done) => {
    answered = done;
  });
  const socket = await MessageSocket.connect(port, `/ws/chat/trace-${process.pid}`, (text) => {
    /** @type {unknown} */
    const event = JSON.parse(text);
    const type = field(event, 'type');
    if (type === 'chat_complete' || type === 'error') answered();
  });
  socket.send({ type: 'chat', data: { message: question } });
  await isAnswered;
  socket.close();
}

/** @param {readonly import('./span-collector.js').CollectedSpan[]} spans */
function lastTraceOf(spans) {
  const last = spans.toSorted((one, other) => one.startMs - other.startMs).at(-1);
  return spans.filter(({ traceId }) => traceId === last?.traceId);
}

/** What the system exports, and where to. @param {string} endpoint */
const exportingTo = (endpoint) => ({
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
});

/** @param {readonly string[]} args */
function readOptions(args) {
  try {
    const options = /** @type {const} */ ({ svg: { type: 'string' } });
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { svg: values.svg, question: positionals.join(' ') || QUESTION };
  } catch (error) {
    throw codeOf(error).startsWith('ERR_PARSE_ARGS') ? new StartFailure(USAGE) : error;
  }
}

/**
 * Runs one chat and draws where its time went.
 *
 * @param {readonly string[]} args
 * @param {AbortSignal} signal
 * @returns {Promise<number>} the exit code
 */
export async function main(args, signal) {
  const { svg, question } = readOptions(args);
  const collector = new SpanCollector();
  const dataFolder = mkdtempSync(join(tmpdir(), 'trace-'));
  try {
    const settings = exportingTo(await collector.listen());
    const system = await startPrivateSystem(process.env, dataFolder, signal, settings);
    // The first chat of a process pays for what is compiled and connected on the way: the second is drawn.
    await ask(system.port, question);
    await ask(system.port, question);
    // When it has stopped, every span was sent.
    await system.stop();
    const rows = rowsOf(lastTraceOf(collector.spans));
    if (rows.length === 0) throw new StartFailure('No span came.');
    console.log(`\n${drawText(rows)}\n\n${drawHops(hopsToFirstChunk(rows))}`);
    if (svg !== undefined) writeFileSync(resolve(svg), drawSvg(rows));
    return 0;
  } finally {
    collector.close();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}
