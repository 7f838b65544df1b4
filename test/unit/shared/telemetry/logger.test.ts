import { describe, expect, test } from 'vitest';
import { createLogger } from '../../../../shared/telemetry/logger.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl';

function logged(write: (logger: ReturnType<typeof createLogger>) => void, level = 'info'): string[] {
  const lines: string[] = [];
  write(createLogger('gateway', level, { write: (line: string) => lines.push(line) }));
  return lines;
}

describe('a log line', () => {
  test('is one JSON object with its service, its level as a word, and its fields', () => {
    const [line = ''] = logged((logger) => logger.info({ request_id: 'r' }, 'chat accepted'));
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      service: 'gateway',
      pid: process.pid,
      request_id: 'r',
      msg: 'chat accepted',
    });
    expect(line.match(/\n/g)).toHaveLength(1);
  });

  test.each([
    ['in a field', { token: TOKEN }],
    ['in a field that is no JWT', { token: 'opaque-secret' }],
    ['one level down', { auth: { token: 'opaque-secret', authorization: 'Bearer opaque-secret' } }],
    [
      'two levels down',
      { request: { headers: { authorization: 'Bearer opaque-secret', cookie: 'opaque-secret' } } },
    ],
    ['as a password', { password: 'opaque-secret', broker: { creds: 'opaque-secret' } }],
    ['in an address', { url: '/ws/chat/s?since=x&token=opaque-secret&a=b' }],
    ['in a header line', { header: 'Authorization: Bearer opaque-secret' }],
    ['far down in other text', { a: { b: { c: { d: `the token ${TOKEN} is bad` } } } }],
    ['in an error', { err: new Error(`invalid: ${TOKEN}`) }],
    ['in an error about an address', { err: new Error('GET /ws?token=opaque-secret failed') }],
  ])('never has a secret: %s', (_, fields) => {
    const [line = ''] = logged((logger) => logger.info(fields, 'said'));
    expect(line).not.toContain('opaque-secret');
    expect(line).not.toContain(TOKEN.split('.')[1]);
    expect(line).toContain('[redacted]');
    expect(() => void JSON.parse(line)).not.toThrow();
  });

  test('never has one in its message, nor in a child logger', () => {
    const [line = '', child = ''] = logged((logger) => {
      logger.info(`refused ${TOKEN}`);
      logger.child({ token: 'opaque-secret' }).info('said');
    });
    expect(line).not.toContain(TOKEN);
    expect(child).not.toContain('opaque-secret');
  });

  test('leaves what is no secret as it is', () => {
    const fields = { tokens: 12, reason: 'token expired', session_id: 'eyJ', text: 'bearer of news' };
    const [line = ''] = logged((logger) => logger.info(fields, 'said'));
    expect(JSON.parse(line)).toMatchObject(fields);
  });

  test('below the level is not written', () => {
    expect(logged((logger) => logger.debug({ request_id: 'r' }, 'said'))).toEqual([]);
  });

  test('stays one line whatever is in it', () => {
    const [line = '', ...more] = logged((logger) =>
      logger.info({ text: 'a\r\nb\u2028{"level":"fatal"}' }, 'x\ny'),
    );
    expect(more).toEqual([]);
    expect(line.trimEnd()).not.toMatch(/[\r\n]/);
  });
});
