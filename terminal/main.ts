import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import { connect } from '../client/index.ts';
import { HELP } from './command.ts';
import { Screen } from './screen.ts';
import { Terminal } from './terminal.ts';

/** A chat in the terminal, with the gateway of `npm start` unless told otherwise. */
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: `http://127.0.0.1:${process.env['PORT'] ?? '8000'}` },
    session: { type: 'string', default: `terminal-${randomBytes(6).toString('hex')}` },
    token: { type: 'string' },
    agent: { type: 'string' },
  },
});

const screen = new Screen(process.stdout);
const session = connect({
  url: values.url,
  sessionId: values.session,
  WebSocket,
  ...(values.token === undefined ? {} : { token: values.token }),
});
const isInteractive = process.stdin.isTTY;
if (isInteractive) {
  screen.print(`Cidadão.AI em ${values.url}, sessão ${values.session}. Escreva sua pergunta, ou:\n${HELP}\n`);
}
const terminal = new Terminal(session, screen, values.agent);
const lines = createInterface({ input: process.stdin, ...(isInteractive ? { output: process.stdout } : {}) });
// The first Ctrl-C is for the answer, the next one for the program.
lines.on('SIGINT', () => {
  if (terminal.isAnswering) terminal.cancel();
  else lines.close();
});
session.on('status', ({ state }) => {
  if (state === 'closed') lines.close();
});
for await (const line of lines) {
  if (!terminal.enter(line)) break;
}
lines.close();
// What was piped in is answered first.
if (!isInteractive && session.status.state !== 'closed') await terminal.idle();
session.close();
