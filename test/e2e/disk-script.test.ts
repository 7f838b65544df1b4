import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { ROOT } from '../house/source-tree.ts';

async function disk(...args: readonly string[]): Promise<{ code: unknown; said: string }> {
  const child = spawn(process.execPath, ['scripts/disk.js', ...args], { cwd: ROOT });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

it('npm run disk prints what chats take, short and long ones', { timeout: 120_000 }, async () => {
  const { code, said } = await disk('--sessions', '2', '--replicas', '1');
  expect(code, said).toBe(0);
  const rows = said.split('\n').filter((line) => /^\| \d/.test(line));
  const sizes = rows.map((row) => row.split('|').slice(2, 5).map(Number.parseFloat));
  const [short = [], long = []] = sizes;
  expect(short.every((size) => size > 0)).toBe(true);
  expect(long[0]).toBe(255);
  // The text stands in the chunks and in the end, and is stored as it is.
  expect(long[2]).toBeGreaterThan(2 * 255);
  expect(long[2]).toBeLessThan(4 * 255);
  expect(said).toMatch(/GiB \|$/m);
});

it('npm run disk says how to ask', async () => {
  const { code, said } = await disk('--replicas', 'three');
  expect(code).toBe(1);
  expect(said).toContain('Usage: npm run disk -- ');
});
