import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const MAX_GZIPPED_BYTES = 8_000;
/** Whole builds and type checks, on a machine that may be busy. */
const TIMEOUT_MS = 180_000;

/** What a stranger writes: every kind of event narrowed, chunks, results, options, hooks. */
const PROGRAM = `
import { connect, ClientError, type ServerEvent, type Session } from 'cidadao-ai-realtime-client';
import { useChat, useInvestigation } from 'cidadao-ai-realtime-client/react';

const session: Session = connect({ url: 'https://x.example', sessionId: 's', getToken: async () => 't' });
export async function ask(signal: AbortSignal): Promise<string> {
  const chat = session.chat('Olá', { signal });
  for await (const { delta, restarted } of chat) take<[string, boolean]>([delta, restarted]);
  const { text, agentName, usage } = await chat.result;
  take<string | null>(agentName);
  take<Readonly<Record<string, unknown>> | undefined>(usage);
  return text;
}
export async function follow(): Promise<void> {
  for await (const item of session.subscribe('INV', { since: 'c' })) {
    if (item.type === 'gap') take<'unrecovered' | 'overflow'>(item.reason);
    else if (item.type === 'anomaly_detected') take<unknown>(item.data.severity);
    else take<string>(item.data.update_type);
  }
}
export function describe(event: ServerEvent): string {
  switch (event.type) {
    case 'chat': return event.data.content + String(event.data.chunk_index);
    case 'chat_complete': return event.data.status;
    case 'presence': return String(event.data.participants[0]?.user?.name);
    case 'error': return event.data.code;
    case 'anomaly_detected': return event.data.investigation_id;
    default: return event.type;
  }
}
session.on('status', (status) => { if (status.state === 'waiting') take<number>(status.retryInMs); });
session.on('notification', ({ data }) => { take<unknown>(data['title']); });
session.on('investigation_finding', ({ data }) => { take<string>(data.investigation_id); });
// @ts-expect-error There is no such event.
session.on('finding', () => undefined);
// @ts-expect-error The token is a string.
connect({ url: '', sessionId: '', token: 7 });
void session.history({ limit: 5 }).then((page) => page.events.map((event) => event.type));
export const hooks = [useChat, useInvestigation] as const;
export const isOurs = (error: unknown): boolean => error instanceof ClientError && error.code === 'CLOSED';
function take<Wanted>(value: Wanted): void { void value; }
`;

/** The package at run time, with a socket that is let in at once. */
const SCRIPT = `
import { connect } from 'cidadao-ai-realtime-client';
class Socket {
  constructor(url) {
    const data = { status: 'connected', session_id: 's', message: '', cursor: 'c' };
    const event = { type: 'connection', data, id: '1', timestamp: new Date().toISOString() };
    setTimeout(() => this.onmessage({ data: JSON.stringify(event) }), 1);
  }
  send() {}
  close() {}
}
const session = connect({ url: 'http://x.example', sessionId: 's', WebSocket: Socket });
session.on('status', ({ state }) => {
  console.log(state);
  if (state === 'connected') session.close();
});
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: join(ROOT, 'client'),
  });
  const tarball = /"filename": "([^"]+)"/.exec(stdout)?.[1];
  if (tarball === undefined) throw new Error(`npm pack said ${stdout}`);
  await write('package.json', JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', [...install, join(folder, tarball)], { cwd: folder });
  await write('program.ts', PROGRAM);
}, TIMEOUT_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the packed client, installed in an empty project', { timeout: TIMEOUT_MS }, () => {
  it('is below 8 KB gzipped, in one file without imports', async () => {
    const code = await readFile(installed('dist/index.js'));
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(MAX_GZIPPED_BYTES);
    expect(code.toString()).not.toMatch(/\b(import|require)\b\s*[({'"`]/);
    expect(code.toString()).not.toMatch(/\bfrom\s*["'`]/);
  });

  it('needs nothing but, for the hooks, React', async () => {
    const manifest = JSON.parse(await readFile(installed('package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest['dependencies']).toBeUndefined();
    const hooks = await readFile(installed('dist/react/index.js'), 'utf8');
    expect([...hooks.matchAll(/from\s*["'`]([^"'`]+)/g)].map(([, name]) => name)).toEqual(['react']);
  });

  it.each([
    { module: 'esnext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'] },
    { module: 'nodenext', moduleResolution: 'nodenext', lib: ['ES2022', 'DOM'] },
    { module: 'nodenext', moduleResolution: 'nodenext', lib: ['ES2022'], types: ['node'] },
  ])('type-checks under strict: $moduleResolution, $lib', async ({ types = [], ...settings }) => {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      target: 'es2022',
      types,
      typeRoots: [join(ROOT, 'node_modules/@types')],
      ...settings,
    };
    await write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const said = await run(process.execPath, [tsc, '-p', folder]).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error instanceof Error && 'stdout' in error ? error.stdout : error),
    );
    expect(said).toBe('');
  });

  it('runs', async () => {
    await write('script.js', SCRIPT);
    const { stdout } = await run(process.execPath, ['script.js'], { cwd: folder });
    expect(stdout.trim().split('\n')).toEqual(['connected', 'closed']);
  });
});

function installed(path: string): string {
  return join(folder, 'node_modules/cidadao-ai-realtime-client', path);
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
}
