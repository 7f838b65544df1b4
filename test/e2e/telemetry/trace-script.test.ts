import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');

test('npm run trace draws one chat, hop by hop', { timeout: 90_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trace-test-'));
  try {
    const { PATH = '', HOME = '' } = process.env;
    const svg = join(folder, 'trace.svg');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['scripts/trace.js', '--svg', svg, 'Olá!'],
      { cwd: ROOT, env: { PATH, HOME, LOCAL_AGENT_DELAY_MS: '1' } },
    );
    for (const name of ['websocket chat', 'process chat.request', 'invoke_agent', 'deliver session']) {
      expect(stdout).toContain(name);
    }
    expect(stdout).toMatch(/to the first chunk +[\d.]+ ms/);
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
