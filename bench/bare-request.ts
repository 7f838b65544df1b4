/**
 * The shortest way there is from a question to an answer through a gateway and a worker: a core request.
 *
 *   node bare-request.js <nats url> <gateway | worker>
 */
import { connect } from '@nats-io/transport-node';
import uWS from 'uWebSockets.js';

const SUBJECT = 'bench.question';
const DEADLINE_MS = 10_000;
const ANSWER = Buffer.from(
  JSON.stringify({
    type: 'chat',
    data: { role: 'assistant', content: 'Olá! ', chunk: true, chunk_index: 0 },
  }),
);

const [natsUrl = '127.0.0.1:4222', role = 'gateway'] = process.argv.slice(2);
const connection = await connect({ servers: natsUrl });
process.on('disconnect', () => process.exit(0));

if (role === 'worker') {
  connection.subscribe(SUBJECT, {
    queue: 'workers',
    callback: (_error, message) => {
      message.respond(ANSWER);
    },
  });
  await connection.flush();
  process.send?.('ready');
} else {
  const app = uWS.App();
  app.ws('/*', {
    open: (ws) => {
      ws.send('{"type":"connection"}', false, false);
    },
    message: (ws, bytes) => {
      // What uWS hands over is gone when this returns.
      const question = Buffer.from(new Uint8Array(bytes));
      void connection.request(SUBJECT, question, { timeout: DEADLINE_MS }).then((reply) => {
        ws.send(reply.data, false, false);
      });
    },
  });
  app.listen('127.0.0.1', 0, (socket) => {
    if (socket === false) process.exit(1);
    process.send?.({ port: uWS.us_socket_local_port(socket) });
  });
}
