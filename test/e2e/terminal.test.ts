import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import WebSocket from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Session } from '../../client/index.ts';
import { Screen } from '../../terminal/screen.ts';
import { Terminal } from '../../terminal/terminal.ts';
import { eventually, inTime } from '../support/eventually.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { System } from '../support/system.ts';

let agent: PuppetAgent;
let system: System;
beforeAll(async () => {
  agent = new PuppetAgent();
  system = await System.start({ agent });
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
});

/** A terminal on a session of the system, and what it shows. */
function openTerminal(sessionId = freshId('s')) {
  const output = new PassThrough();
  let shown = '';
  output.on('data', (data: Buffer) => (shown += data.toString()));
  const sockets: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const session: Session = connect({
    url: system.url(''),
    sessionId,
    WebSocket: Watched,
    backoff: { baseMs: 20, maxMs: 100 },
  });
  const terminal = new Terminal(session, new Screen(output), undefined);
  return {
    terminal,
    sessionId,
    shows: (text: string) =>
      eventually(
        () => shown,
        (so) => so.includes(text),
      ),
    cut: () => sockets.at(-1)?.terminate(),
    [Symbol.dispose]: () => session.close(),
  };
}

describe('a terminal', () => {
  test('streams an answer under the name of its agent', async () => {
    using open = openTerminal();
    const question = freshId('pergunta');
    open.terminal.enter(question);
    const call = await agent.call(question);
    call.say('Há ');
    await open.shows('Carlos Drummond de Andrade: Há ');
    call.say('três.');
    call.end();
    await open.shows('Carlos Drummond de Andrade: Há três.\n');
    expect(open.terminal.isAnswering).toBe(false);
  });

  test('goes on by itself where it was when the connection is cut', async () => {
    using open = openTerminal();
    const question = freshId('pergunta');
    open.terminal.enter(question);
    const call = await agent.call(question);
    call.say('um ');
    await open.shows(': um ');
    open.cut();
    await open.shows('[sem conexão; tento de novo');
    call.say('dois ');
    await open.shows('[conectado de novo]');
    call.say('três');
    call.end();
    const shown = await open.shows('três\n');
    expect(shown.replace(/\[.*?\]|\n/g, '')).toBe('Carlos Drummond de Andrade: um dois três');
  });

  test('cancels, and says so', async () => {
    using open = openTerminal();
    const question = freshId('pergunta');
    open.terminal.enter(question);
    const call = await agent.call(question);
    call.say('quase');
    await open.shows('quase');
    open.terminal.enter('/cancel');
    await open.shows('quase\n[interrompida]');
    open.terminal.enter('/cancel');
    await open.shows('[nada a interromper]');
  });

  test('tells of a failure and whether to try again', async () => {
    using open = openTerminal();
    const question = freshId('pergunta');
    open.terminal.enter(question);
    (await agent.call(question)).fail(new Error('boom'));
    await open.shows('[Erro ao processar mensagem (CHAT_FAILED); tente de novo]');
  });

  test('shows the events of an investigation it is subscribed to, once', async () => {
    using open = openTerminal();
    const id = freshId('INV');
    open.terminal.enter(`/subscribe ${id}`);
    await open.shows(`[acompanhando ${id}]`);
    for (const percent of [50, 75]) {
      system.publisher.publish(['investigation', id, 'progress'].join('.'), { percent });
      await open.shows(`[${id}] investigation_progress {"percent":${String(percent)}`);
    }
    open.cut();
    await open.shows('[conectado de novo]');
    open.terminal.enter(`/unsubscribe ${id}`);
    const shown = await open.shows(`[não acompanha mais ${id}]`);
    expect(shown.match(/investigation_progress/g)).toHaveLength(2);
    expect(shown.match(/\[acompanhando/g)).toHaveLength(1);
  });

  test('shows what was said, and by whom', async () => {
    using open = openTerminal();
    const question = freshId('pergunta');
    open.terminal.enter(question);
    const call = await agent.call(question);
    call.say('Pronto.');
    call.end();
    await open.terminal.idle();
    open.terminal.enter('/history');
    await open.shows(`você> ${question}\nCarlos Drummond de Andrade: Pronto.`);
  });
});

describe('the program', () => {
  function start(...args: string[]): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [
      'dist/terminal/main.js',
      '--url',
      system.url('').replace('ws:', 'http:'),
      ...args,
    ]);
  }

  test('answers what is piped into it, and ends', async () => {
    const program = start('--session', freshId('s'));
    let shown = '';
    program.stdout.on('data', (data: Buffer) => (shown += data.toString()));
    const exited = once(program, 'exit');
    const questions = [freshId('uma'), freshId('outra')];
    program.stdin.end(`${questions.join('\n')}\n`);
    for (const question of questions) {
      const call = await inTime(agent.call(question), () => shown || 'nothing is shown');
      call.say(`Sobre ${question}.`);
      call.end();
    }
    expect(await inTime(exited, () => shown)).toEqual([0, null]);
    for (const question of questions)
      expect(shown).toContain(`Carlos Drummond de Andrade: Sobre ${question}.`);
  });
});
