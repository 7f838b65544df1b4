import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Socket, Transport } from '../../../../gateway/transport/transport.ts';
import { listen } from '../../../../gateway/transport/uws-transport.ts';

const MIB = 1024 * 1024;
/** Beyond what the kernel buffers and what the transport is set to hold. */
const MESSAGES = 64;

let transport: Transport;
let reader: WebSocket;
let socket: Socket;
let dropped: number;
beforeEach(async () => {
  dropped = 0;
  const opened = new Promise<Socket>((resolve, reject) => {
    void listen(
      {
        ...{ host: '127.0.0.1', port: 0, sharedPort: false, idleTimeoutSeconds: 60 },
        ...{ maxFrameBytes: 1_000, maxBackpressureBytes: MIB },
      },
      {
        upgrade: () => ({
          subProtocol: undefined,
          open: (its) => {
            resolve(its);
            return {
              message: () => undefined,
              controlFrame: () => undefined,
              drained: () => undefined,
              closed: () => undefined,
            };
          },
        }),
        http: () => ({ status: 404, headers: {}, body: '' }),
        failed: reject,
        dropped: () => (dropped += 1),
      },
    ).then((listening) => {
      transport = listening;
      reader = new WebSocket(`ws://127.0.0.1:${listening.port}/`);
    }, reject);
  });
  socket = await opened;
  if (reader.readyState !== WebSocket.OPEN) await once(reader, 'open');
});
afterEach(async () => {
  reader.terminate();
  if (reader.readyState !== WebSocket.CLOSED) await once(reader, 'close');
  transport[Symbol.dispose]();
});

/** Sends more than fits, without the loop's turning: the reader can't keep up with that. */
function flood(send: (frame: Uint8Array) => void): void {
  for (let count = 0; count < MESSAGES; count += 1) send(Buffer.alloc(MIB, 'x'));
}

describe('a reader who is too far behind', () => {
  it('is told of for each frame that was thrown away, sent to it alone', () => {
    flood((frame) => {
      socket.send([frame]);
    });
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(MESSAGES);
  });

  it('is told of for each frame of several at once', () => {
    socket.send(Array.from({ length: MESSAGES }, () => Buffer.alloc(MIB, 'x')));
    expect(dropped).toBeGreaterThan(0);
  });

  it('is told of for what it was sent with its group', async () => {
    socket.enter?.('everybody');
    flood((frame) => {
      transport.publish('everybody', frame);
    });
    // Groups are drained when the loop turns.
    await new Promise((resolve) => setImmediate(resolve));
    expect(dropped).toBeGreaterThan(0);
  });
});
