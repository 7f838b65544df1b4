import { Ajv } from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allMessages } from '../../../../shared/documentation/channels.ts';
import { schemaFiles } from '../../../../shared/documentation/schema-files.ts';
import { parseClientMessage } from '../../../../shared/socket-protocol/client-messages.ts';
import { parseServerFrame } from '../../../support/server-frame.ts';

const FOLDER = resolve(import.meta.dirname, '../../../../schemas');
const files = schemaFiles();

/** Knows nothing of this project but the files, each by its path. */
const validator = new Ajv({ strict: false, validateFormats: false });
for (const [path, text] of files) validator.addSchema(JSON.parse(text) as object, path);

function isValid(path: string, value: unknown): boolean {
  return validator.validate(path, value);
}

describe('the JSON Schemas', () => {
  it('in schemas/ are those of the code: otherwise run npm run schemas', () => {
    const written = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => path.endsWith('.json'));
    expect(written.sort()).toEqual([...files.keys()].sort());
    for (const path of written) expect(readFileSync(join(FOLDER, path), 'utf8'), path).toBe(files.get(path));
  });

  it.each(allMessages.map(({ name, example }) => [name, example] as const))(
    'of %s takes its example, and so does the code',
    (name, example) => {
      const path = `${name.replace('.', '/')}.json`;
      expect(isValid(path, example)).toBe(true);
      expect(isValid(path, { ...example, unknown_to_us: 1 })).toBe(true);
      expect(isValid(path, 'text')).toBe(false);
      if (name.startsWith('client.')) parseClientMessage(example);
      if (name.startsWith('server.')) parseServerFrame(JSON.stringify(example));
    },
  );

  it.each([
    ['client/chat.json', { type: 'chat', data: {} }],
    ['client/chat.json', { type: 'chat', data: { message: '' } }],
    ['client/chat.json', { type: 'chat', data: { message: 'x'.repeat(16_001) } }],
    ['client/chat.json', { type: 'chat', data: { message: 'Olá' }, id: '' }],
    ['client/cancel.json', { type: 'cancel', data: { request_id: 'a.b' } }],
    ['client/subscribe.json', { type: 'subscribe', data: {} }],
    ['client/history.json', { type: 'history', data: { limit: 201 } }],
    ['client-message.json', { type: 'unknown' }],
    ['http/ask.json', { agent_id: 'zumbi' }],
  ])('%s refuses %j, and so does the code', (path, value) => {
    expect(isValid(path, value)).toBe(false);
    if (path.startsWith('client')) expect(() => parseClientMessage(value)).toThrow();
  });

  it.each([
    ['server/chat.json', { type: 'chat', data: {}, timestamp: '2026-01-31T12:00:00.000Z', id: 'x' }],
    ['server/presence.json', { type: 'presence', data: {} }],
    ['server-event.json', { type: 'unknown', data: {} }],
    ['bus/session_state.json', { seen_at: 'now' }],
  ])('%s refuses %j', (path, value) => {
    expect(isValid(path, value)).toBe(false);
  });

  it('count characters as people do', () => {
    const value = { type: 'chat', data: { message: '🙂'.repeat(16_000) } };
    expect(isValid('client/chat.json', value)).toBe(true);
    parseClientMessage(value);
  });
});
