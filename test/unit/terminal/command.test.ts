import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../terminal/command.ts';

describe('a line in the terminal', () => {
  test.each([
    ['Olá, tudo bem?', { kind: 'ask', message: 'Olá, tudo bem?' }],
    ['  Olá  ', { kind: 'ask', message: 'Olá' }],
    ['', { kind: 'nothing' }],
    ['/cancel', { kind: 'cancel' }],
    ['/help', { kind: 'help' }],
    ['/quit', { kind: 'quit' }],
    ['/subscribe INV-1', { kind: 'subscribe', investigationId: 'INV-1' }],
    ['/unsubscribe  INV-1', { kind: 'unsubscribe', investigationId: 'INV-1' }],
    ['/history', { kind: 'history', limit: 20 }],
    ['/history 3', { kind: 'history', limit: 3 }],
    ['/agent zumbi', { kind: 'agent', agentId: 'zumbi' }],
    ['/agent', { kind: 'agent', agentId: undefined }],
  ])('%j', (line, command) => {
    expect(parseCommand(line)).toEqual(command);
  });

  test.each(['/subscribe', '/history zero', '/history 0', '/history 201', '/nada'])('%j is wrong', (line) => {
    expect(parseCommand(line)).toMatchObject({ kind: 'wrong' });
  });
});
