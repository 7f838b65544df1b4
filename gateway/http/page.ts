import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../shared/errors/app-error.ts';
import type { HttpAnswer } from '../transport/transport.ts';

/** What `vite build web` made, as seen from the source and from `dist/`. */
const FOLDERS = ['../../dist/web', '../../web'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
const DOCUMENT = 'index.html';
/** Named after what is in them, so that a name never means anything else. */
const ASSETS = 'assets';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, nothing inline, and no string that becomes markup (trusted types). */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

const DEMO_OFF = '<meta name="demo" content="off"';
const DEMO_ON = '<meta name="demo" content="on"';

/**
 * The page to try it all, read once. A gateway whose page is not built serves none.
 *
 * @param offersDemo whether the page shows the button that starts the demo investigation
 */
export async function loadPage(offersDemo: boolean): Promise<ReadonlyMap<string, HttpAnswer>> {
  const page = new Map<string, HttpAnswer>();
  for (const folder of FOLDERS) {
    const assets = await filesIn(join(folder, ASSETS));
    if (assets === undefined) continue;
    const html = await readFile(join(folder, DOCUMENT), 'utf8');
    page.set('/', documentAnswer(offersDemo ? html.replace(DEMO_OFF, DEMO_ON) : html));
    for (const name of assets) {
      page.set(`/${ASSETS}/${name}`, await assetAnswer(join(folder, ASSETS, name)));
    }
    break;
  }
  return page;
}

async function filesIn(folder: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function documentAnswer(html: string): HttpAnswer {
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-cache',
    ...SECURITY_HEADERS,
  };
  return { status: 200, headers, body: html };
}

/** @throws AppError for a kind of file that is not served */
async function assetAnswer(path: string): Promise<HttpAnswer> {
  const contentType = CONTENT_TYPES[extname(path)];
  if (contentType === undefined) {
    throw new AppError('UNKNOWN_ASSET', `${path} is no file the page may have`, { retryable: false });
  }
  const headers = {
    'Content-Type': contentType,
    'Cache-Control': 'public, max-age=31536000, immutable',
    ...SECURITY_HEADERS,
  };
  return { status: 200, headers, body: await readFile(path) };
}
