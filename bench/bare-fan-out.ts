/**
 * The floor of fan-out: one subscription for each investigation on the very subject the gateway reads, and
 * `app.publish` of the bytes as they come.
 *
 *   node bare-fan-out.js <nats url>
 */
import { connect } from '@nats-io/transport-node';
import uWS from 'uWebSockets.js';

interface Listener {
  readonly investigationId: string;
}

const [natsUrl = '127.0.0.1:4222'] = process.argv.slice(2);
const connection = await connect({ servers: natsUrl });
const subscribed = new Set<string>();

const app = uWS.App();
app.ws<Listener>('/*', {
  maxBackpressure: 64 * 1024 * 1024,
  upgrade: (response, request, context) => {
    const investigationId = request.getUrl().split('/').at(-1) ?? '';
    response.upgrade<Listener>({ investigationId }, request.getHeader('sec-websocket-key'), '', '', context);
  },
  open: (ws) => {
    const { investigationId } = ws.getUserData();
    ws.subscribe(investigationId);
    if (!subscribed.has(investigationId)) {
      subscribed.add(investigationId);
      connection.subscribe(`live.investigation.${investigationId}.>`, {
        callback: (_error, message) => {
          app.publish(investigationId, message.data, false, false);
        },
      });
    }
    void connection.flush().then(() => ws.send('{"type":"connection"}', false, false));
  },
});
app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) process.exit(1);
  process.send?.({ port: uWS.us_socket_local_port(socket) });
});
process.on('disconnect', () => process.exit(0));
