import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';

const FORBIDDEN = 1008;

/** Somebody who knows a session's id and even a cursor of it, but whose session it is not. */
export interface IntruderOptions {
  readonly path: string;
  readonly ports: readonly number[];
  readonly since: string;
  /** Of another user; undefined comes without one. */
  readonly token: string | undefined;
}

/** Tries to get in until it is told to leave. @returns what it was shown instead */
export async function intrude(options: IntruderOptions, signal: AbortSignal): Promise<string | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    const { code, shown } = await tryOnce(options, options.ports[attempt % options.ports.length] ?? 0);
    if (shown !== undefined) return shown;
    if (code === FORBIDDEN) return undefined;
    await delay(100); // The gateway was gone or could not tell: that lets nobody in.
  }
}

async function tryOnce(
  { path, since, token }: IntruderOptions,
  port: number,
): Promise<{ code: number; shown: string | undefined }> {
  const query = new URLSearchParams({ since, ...(token === undefined ? {} : { token }) });
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}?${query.toString()}`, ['cidadao.v1'], {
    perMessageDeflate: false,
    handshakeTimeout: 4_000,
  });
  let shown: string | undefined;
  const deaf = setTimeout(() => socket.terminate(), 6_000);
  return new Promise((resolve) => {
    socket.on('error', () => undefined); // What it means shows in `close`.
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) shown ??= data.toString();
      socket.terminate();
    });
    socket.on('close', (code) => {
      clearTimeout(deaf);
      resolve({ code, shown });
    });
  });
}
