import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './signed-token.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An issuer's key set on a real HTTP server; `answer` is what it does to the next requests. */
export interface KeySetServer extends AsyncDisposable {
  readonly url: URL;
  /** Requests so far. */
  readonly fetches: number;
  answer: Answer;
}

export async function startKeySetServer(answer: Answer): Promise<KeySetServer> {
  let fetches = 0;
  const server = createServer((request, response) => {
    fetches += 1;
    keySetServer.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const keySetServer: KeySetServer = {
    url: new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`),
    get fetches() {
      return fetches;
    },
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return keySetServer;
}

type NamedPair = readonly [kid: string, pair: KeyPair];
/** A pair under its `kid`, or any object as it is. */
export type ServedKey = NamedPair | object;

/** Answers with these keys. */
export function servesKeys(...keys: readonly ServedKey[]): Answer {
  const members = keys.map((key) => (isNamedPair(key) ? jwkOf(key[1], { kid: key[0] }) : key));
  return servesText(JSON.stringify({ keys: members }));
}

function isNamedPair(key: ServedKey): key is NamedPair {
  return Array.isArray(key);
}

export function servesText(body: string, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
}

/** What a server does that is reached but never answers. */
export const hangs: Answer = () => undefined;

export function jwkOf({ publicKey }: KeyPair, members: object = {}): object {
  return { ...publicKey.export({ format: 'jwk' }), ...members };
}
