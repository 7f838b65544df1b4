import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { codeOf, StartFailure, Stopped } from '../start/failure.js';
import { field } from '../start/json.js';
import { killAllGroups, spawnGroup } from '../start/process-groups.js';
import { stopSignal } from '../start/stop-signal.js';
import { MessageSocket } from './message-socket.js';
import { SpanCollector } from './span-collector.js';
import { drawHops, drawSvg, drawText, hopsToFirstChunk, rowsOf } from './waterfall.js';

const ROOT = resolve(import.meta.dirname, '../..');
const QUESTION = 'Olá! O que você sabe fazer?';
const USAGE = 'npm run trace -- [--svg <file>] [question]';

/** @returns {Promise<number>} a port nobody has */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = Number(field(server.address(), 'port'));
  server.close();
  await once(server, 'close');
  return port;
}

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

/**
 * Starts everything on ports of its own, asks one question twice, and stops it again, so that every span was sent.
 *
 * @param {string} question
 * @param {{ endpoint: string, dataFolder: string, env: NodeJS.ProcessEnv, signal: AbortSignal }} context
 */
async function runOneChat(question, { endpoint, dataFolder, env, signal }) {
  const port = await freePort();
  const system = spawnGroup(process.execPath, [join(ROOT, 'scripts/start.js')], {
    cwd: ROOT,
    env: {
      ...env,
      PORT: String(port),
      ADMIN_PORT: String(await freePort()),
      WORKER_ADMIN_PORT: String(await freePort()),
      NATS_PORT: String(await freePort()),
      DATA_DIR: dataFolder,
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(system, 'exit');
  signal.addEventListener('abort', () => system.kill('SIGTERM'));
  if (system.stdout === null) throw new StartFailure('The system has no output.');
  const lines = createInterface({ input: system.stdout });
  const ready = new Promise((/** @type {(value?: undefined) => void} */ done) => {
    lines.on('line', (line) => {
      if (line.startsWith('Ready')) done();
    });
  });
  const isReady = await Promise.race([ready.then(() => true), exited.then(() => false)]);
  if (signal.aborted) throw new Stopped();
  if (!isReady) throw new StartFailure('The system did not start.');
  // The first chat of a process pays for what is compiled and connected on the way: the second is drawn.
  await ask(port, question);
  await ask(port, question);
  system.kill('SIGTERM');
  await exited;
}

/**
 * Runs one chat and draws where its time went.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export async function main(args, env) {
  process.on('exit', killAllGroups);
  const signal = stopSignal();
  const collector = new SpanCollector();
  const dataFolder = mkdtempSync(join(tmpdir(), 'trace-'));
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { svg: { type: 'string' } },
      allowPositionals: true,
    });
    const question = positionals.join(' ') || QUESTION;
    await runOneChat(question, { endpoint: await collector.listen(), dataFolder, env, signal });
    const rows = rowsOf(lastTraceOf(collector.spans));
    if (rows.length === 0) throw new StartFailure('No span came.');
    console.log(`\n${drawText(rows)}\n\n${drawHops(hopsToFirstChunk(rows))}`);
    if (values.svg !== undefined) writeFileSync(resolve(values.svg), drawSvg(rows));
  } catch (error) {
    process.exitCode = 1;
    if (codeOf(error).startsWith('ERR_PARSE_ARGS')) console.error(USAGE);
    else if (!(error instanceof Stopped))
      console.error(error instanceof StartFailure ? error.message : error);
  } finally {
    collector.close();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}
