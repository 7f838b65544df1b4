import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { inTime } from './eventually.ts';

/** What a server says to an upgrade, byte for byte as it was asked. */
export interface UpgradeAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const HEAD_END = '\r\n\r\n';

/**
 * Asks for an upgrade with a path that no URL library has touched: they take dots away and encode what they
 * don't like. The connection is cut after the answer.
 */
export async function rawUpgrade(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<UpgradeAnswer> {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(`${lines.join('\r\n')}${HEAD_END}`);
    let received = Buffer.alloc(0);
    const answered = new Promise<UpgradeAnswer>((resolve, reject) => {
      socket.on('data', (data) => {
        received = Buffer.concat([received, data]);
        const answer = parse(received);
        if (answer !== undefined) resolve(answer);
      });
      socket.on('error', reject);
      socket.on('end', () => reject(new Error(`ended after ${JSON.stringify(received.toString())}`)));
    });
    return await inTime(answered, () => `no answer to ${path}`);
  } finally {
    socket.destroy();
  }
}

/** Undefined while something of it is missing. */
function parse(received: Buffer): UpgradeAnswer | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const body = received.subarray(headEnd + HEAD_END.length);
  if (body.length < Number(headers.get('content-length') ?? 0)) return undefined;
  return { status: Number(statusLine.split(' ')[1]), headers, body: body.toString() };
}
