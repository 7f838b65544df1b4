import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  brokerSettings,
  commonSettings,
  ConfigError,
  integer,
  port,
  readEnv,
  streamSettings,
} from '../../../../shared/config/read-env.ts';

const schema = z.object({ COUNT: integer(7, 1, 10), NAME: z.string().default('nobody'), PORT: port(8_000) });

function messageOf(env: Record<string, string>): string {
  try {
    readEnv(schema, env);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error instanceof Error ? error.message : '';
  }
}

describe('readEnv', () => {
  test('has a default for what is not set, or empty', () => {
    const defaults = { COUNT: 7, NAME: 'nobody', PORT: 8_000 };
    expect(readEnv(schema, {})).toEqual(defaults);
    expect(readEnv(schema, { COUNT: '', NAME: '', PORT: '', OTHER: 'x' })).toEqual(defaults);
    expect(readEnv(schema, { COUNT: undefined })).toEqual(defaults);
  });

  test('takes what is set, from one end of a range to the other', () => {
    expect(readEnv(schema, { COUNT: '1', NAME: 'x', PORT: '0' })).toEqual({ COUNT: 1, NAME: 'x', PORT: 0 });
    expect(readEnv(schema, { COUNT: '10', PORT: '65535' })).toMatchObject({ COUNT: 10, PORT: 65_535 });
  });

  test.each([
    '0',
    '11',
    '-1',
    '+1',
    '1.5',
    '1e1',
    '0x5',
    ' 5',
    '5 ',
    '٥',
    'NaN',
    'Infinity',
    '9'.repeat(400),
  ])('refuses the number "%s" and names the variable', (COUNT) => {
    expect(messageOf({ COUNT })).toBe(`COUNT: must be a whole number from 1 to 10, not "${COUNT}"`);
  });

  test('names every variable that is wrong', () => {
    const message = messageOf({ COUNT: 'x', PORT: '65536' });
    expect(message).toMatch(/^COUNT: .*; PORT: /);
  });
});

describe('the common settings', () => {
  test('have the defaults of the contract', () => {
    expect(readEnv(z.object(commonSettings), {})).toMatchObject({
      STREAM_REPLICAS: 1,
      RETENTION_HOURS: 24,
      MAX_TOKEN_LIFETIME_HOURS: 24,
      ACK_WAIT_MS: 5_000,
      ADMIN_HOST: '127.0.0.1',
    });
  });

  test('do not repeat a secret when something else is wrong', () => {
    const env = { NATS_PASSWORD: 'geheim', LOG_LEVEL: 'loud' };
    expect(() => readEnv(z.object(commonSettings), env)).toThrow(/^LOG_LEVEL: /);
    expect(() => readEnv(z.object(commonSettings), env)).not.toThrow(/geheim/);
  });

  test('become what the bus and the streams want', () => {
    const env = readEnv(z.object(commonSettings), {
      NATS_URL: 'nats://a:1',
      NATS_USER: 'u',
      STREAM_MAX_MEGABYTES: '2',
      QUEUE_MAX_CHATS: '5',
    });
    expect(brokerSettings(env)).toMatchObject({ natsUrl: 'nats://a:1', natsUser: 'u', natsCreds: undefined });
    expect(streamSettings(env)).toMatchObject({ streamMaxBytes: 2_097_152, queueMaxMessages: 5 });
  });
});
