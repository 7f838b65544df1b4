/**
 * The least a fenced and acknowledged write takes: one `js.publish` of finished bytes with a message id and
 * the expected sequence, one in flight per chat, at the pace of an agent.
 *
 *   node bare-publisher.js <nats url> <chats> <pause between two, ms>
 */
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { subjects } from '../shared/bus-protocol/subjects.ts';
import { paced } from './pace.ts';
import { CHUNK } from './traffic.ts';

const [natsUrl = '', chats = '64', pauseMs = '10'] = process.argv.slice(2);
const connection = await connect({ servers: natsUrl });
const client = jetstream(connection);
const run = `bare-${String(process.pid)}`;

async function write(subject: string): Promise<void> {
  let last = 0;
  for await (const moment of paced(Number(pauseMs), Infinity)) {
    const options = { msgID: `${subject}:${String(moment)}`, expect: { lastSubjectSequence: last } };
    last = (await client.publish(subject, CHUNK, options)).seq;
  }
}
for (let chat = 0; chat < Number(chats); chat += 1)
  void write(subjects.chatLog(`${run}-${String(chat)}`, 'q'));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
