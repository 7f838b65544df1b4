import { z } from 'zod';
import { MAX_STREAM_SHARDS, SessionShards } from '../bus-protocol/session-shards.ts';
import { AppError } from '../errors/app-error.ts';

/** A setting is wrong. Its message names the variable and is all a person needs. */
export class ConfigError extends AppError {
  constructor(message: string) {
    super('CONFIG', message, { retryable: false });
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a service's settings once, before anything opens. An empty variable counts as unset.
 * @throws ConfigError naming every variable that is wrong
 */
export function readEnv<Schema extends z.ZodObject>(schema: Schema, env: Environment): z.infer<Schema> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, env[name] === '' ? undefined : env[name]]),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    (issue) => `${String(issue.path[0] ?? 'settings')}: ${issue.message}`,
  );
  throw new ConfigError(lines.join('; '));
}

const DIGITS = /^\d+$/;

/** A whole number in a range, with its default. */
export function integer(fallback: number, min: number, max: number) {
  return z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return fallback;
      const value = DIGITS.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      context.addIssue({
        code: 'custom',
        message: `must be a whole number from ${String(min)} to ${String(max)}, not "${text}"`,
      });
      return z.NEVER;
    });
}

export const port = (fallback: number) => integer(fallback, 0, 65_535);
export const text = z.string().optional();

/** The settings both services share. */
export const commonSettings = {
  NATS_URL: z.string().default('127.0.0.1:4222'),
  NATS_CREDS: text,
  NATS_USER: text,
  NATS_PASSWORD: text,
  STREAM_REPLICAS: integer(1, 1, 5),
  STREAM_SHARDS: integer(1, 1, MAX_STREAM_SHARDS),
  STREAM_MAX_MEGABYTES: integer(1_024, 1, 1_048_576),
  QUEUE_MAX_CHATS: integer(10_000, 1, 1_000_000),
  RETENTION_HOURS: integer(24, 1, 24 * 365),
  MAX_TOKEN_LIFETIME_HOURS: integer(24, 1, 24 * 365),
  ACK_WAIT_MS: integer(5_000, 500, 600_000),
  ADMIN_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};

type CommonSettings = z.infer<z.ZodObject<typeof commonSettings>>;

/** The common settings in the shape the bus wants. */
export function brokerSettings(env: CommonSettings) {
  return {
    natsUrl: env.NATS_URL,
    natsCreds: env.NATS_CREDS,
    natsUser: env.NATS_USER,
    natsPassword: env.NATS_PASSWORD,
    streamShards: env.STREAM_SHARDS,
  };
}

/** The common settings in the shape the stream definitions want. */
export function streamSettings(env: CommonSettings) {
  return {
    retentionHours: env.RETENTION_HOURS,
    maxTokenLifetimeHours: env.MAX_TOKEN_LIFETIME_HOURS,
    streamMaxBytes: env.STREAM_MAX_MEGABYTES * 1_048_576,
    queueMaxMessages: env.QUEUE_MAX_CHATS,
    shards: new SessionShards(env.STREAM_SHARDS),
  };
}
