/**
 * The floor: the same two libraries and nothing between them. One subscription per socket on the very
 * subject the gateway reads, and the bytes as they come.
 *
 *   node bare-pipe.js <nats url> <send | gather>
 */
import { connect } from '@nats-io/transport-node';
import uWS from 'uWebSockets.js';

interface Pipe {
  readonly sessionId: string;
  close: () => void;
}

const [natsUrl = '127.0.0.1:4222', mode = 'send'] = process.argv.slice(2);
const connection = await connect({ servers: natsUrl });
const gathered = new Map<uWS.WebSocket<Pipe>, Uint8Array[]>();

function gather(ws: uWS.WebSocket<Pipe>, bytes: Uint8Array): void {
  if (gathered.size === 0) setImmediate(flush);
  const frames = gathered.get(ws);
  if (frames === undefined) gathered.set(ws, [bytes]);
  else frames.push(bytes);
}

function flush(): void {
  for (const [ws, frames] of gathered) {
    ws.cork(() => {
      for (const frame of frames) ws.send(frame, false, false);
    });
  }
  gathered.clear();
}

const app = uWS.App();
app.ws<Pipe>('/*', {
  maxBackpressure: 64 * 1024 * 1024,
  upgrade: (response, request, context) => {
    const sessionId = request.getUrl().split('/').at(-1) ?? '';
    response.upgrade<Pipe>(
      { sessionId, close: () => undefined },
      request.getHeader('sec-websocket-key'),
      '',
      '',
      context,
    );
  },
  open: (ws) => {
    const pipe = ws.getUserData();
    const subscription = connection.subscribe(`live.session.${pipe.sessionId}.>`, {
      callback: (_error, message) => {
        if (mode === 'gather') gather(ws, message.data);
        else ws.send(message.data, false, false);
      },
    });
    pipe.close = () => {
      subscription.unsubscribe();
      gathered.delete(ws);
    };
    void connection.flush().then(() => ws.send('{"type":"connection"}', false, false));
  },
  close: (ws) => {
    ws.getUserData().close();
  },
});
app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) process.exit(1);
  process.send?.({ port: uWS.us_socket_local_port(socket) });
});
process.on('disconnect', () => process.exit(0));
