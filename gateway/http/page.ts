import { readFile } from 'node:fs/promises';
import type { HttpAnswer } from '../transport/transport.ts';

/** The page's files beside the services, also when these run from `dist/`. */
const FOLDERS = [new URL('../../web/', import.meta.url), new URL('../../../web/', import.meta.url)];

const FILES = [
  { path: '/', file: 'index.html', contentType: 'text/html; charset=utf-8' },
  { path: '/page.js', file: 'page.js', contentType: 'text/javascript; charset=utf-8' },
  { path: '/page.css', file: 'page.css', contentType: 'text/css; charset=utf-8' },
] as const;

const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** The page to try it all, read once. A gateway without its files serves none. */
export async function loadPage(): Promise<ReadonlyMap<string, HttpAnswer>> {
  const page = new Map<string, HttpAnswer>();
  for (const { path, file, contentType } of FILES) {
    const body = await readFirst(file);
    if (body !== undefined) {
      page.set(path, { status: 200, headers: { 'Content-Type': contentType, ...SECURITY_HEADERS }, body });
    }
  }
  return page;
}

async function readFirst(file: string): Promise<Uint8Array | undefined> {
  for (const folder of FOLDERS) {
    try {
      return await readFile(new URL(file, folder));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return undefined;
}
