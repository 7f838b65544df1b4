import { z } from 'zod';
import {
  commonSettings,
  ConfigError,
  integer,
  port,
  readEnv,
  text,
  type Environment,
} from '../shared/config/read-env.ts';

const KIBIBYTE = 1_024;
const NO_LIMIT = Number.POSITIVE_INFINITY;

/**
 * What one address, user or session may take of a gateway where strangers come. A machine on which somebody
 * develops or measures is one address itself, so there these limits hold only when they are set.
 */
const PRODUCTION_LIMITS = {
  MAX_CHATS_PER_MINUTE: 60,
  MAX_CONNECTIONS_PER_IP: 100,
  MAX_CONNECTIONS_PER_SESSION: 100,
} as const;

const schema = z.object({
  ...commonSettings,
  NODE_ENV: z.string().default('development'),
  PORT: port(8_000),
  HOST: z.string().default('0.0.0.0'),
  ADMIN_PORT: port(9_464),
  GATEWAY_PROCESSES: integer(1, 1, 64),
  MAX_MESSAGE_BYTES: integer(64 * KIBIBYTE, KIBIBYTE, 1_024 * KIBIBYTE),
  RATE_LIMIT_PER_SECOND: integer(20, 1, 100_000),
  MAX_ERRORS: integer(50, 1, 100_000),
  MAX_CHATS_PER_MINUTE: integer(NO_LIMIT, 1, 1_000_000),
  MAX_CONNECTIONS: integer(15_000, 1, 1_000_000),
  MAX_CONNECTIONS_PER_IP: integer(NO_LIMIT, 1, 1_000_000),
  MAX_CONNECTIONS_PER_SESSION: integer(NO_LIMIT, 1, 1_000_000),
  HANDSHAKE_TIMEOUT_MS: integer(5_000, 100, 60_000),
  TRUSTED_PROXIES: text,
  MAX_SUBSCRIPTIONS: integer(100, 1, 10_000),
  MAX_BACKPRESSURE_BYTES: integer(1_024 * KIBIBYTE, 64 * KIBIBYTE, 64 * 1_024 * KIBIBYTE),
  HEARTBEAT_INTERVAL_MS: integer(30_000, 100, 3_600_000),
  IDLE_TIMEOUT_SECONDS: integer(120, 8, 960),
  DRAIN_SECONDS: integer(10, 0, 3_600),
  SESSION_LINGER_SECONDS: integer(30, 0, 600),
  AUTH_MODE: z.enum(['optional', 'required', 'off']).default('optional'),
  JWT_SECRET: text,
  JWT_PUBLIC_KEY: text,
  JWKS_URL: z.url().optional(),
  JWT_ISSUER: text,
  JWT_AUDIENCE: text,
  INVESTIGATION_ACCESS: z.enum(['public', 'claim']).default('public'),
  ALLOWED_ORIGINS: text,
});

export type GatewayConfig = z.infer<typeof schema>;

/** @throws ConfigError naming each variable that is wrong */
export function readGatewayConfig(env: Environment): GatewayConfig {
  const config = readEnv(schema, env);
  const origins = allowedOrigins(config);
  if (config.NODE_ENV !== 'production') return config;
  if (config.ALLOWED_ORIGINS === undefined || origins === '*') {
    throw new ConfigError('ALLOWED_ORIGINS: must be set, and not to *, when NODE_ENV is production');
  }
  return { ...config, ...productionLimits(config) };
}

function productionLimits(config: GatewayConfig): Partial<GatewayConfig> {
  const unset = Object.entries(PRODUCTION_LIMITS).filter(
    ([name]) => config[name as keyof typeof PRODUCTION_LIMITS] === NO_LIMIT,
  );
  return Object.fromEntries(unset);
}

/**
 * The origins browsers may come from: `*` unless listed.
 * @throws ConfigError for an entry that no browser ever sends, which would shut its page out without a word
 */
export function allowedOrigins({ ALLOWED_ORIGINS }: GatewayConfig): '*' | readonly string[] {
  const listed = listOf(ALLOWED_ORIGINS ?? '*');
  if (listed.includes('*')) return '*';
  const wrong = listed.find((origin) => !isOrigin(origin));
  if (wrong !== undefined) {
    throw new ConfigError(`ALLOWED_ORIGINS: "${wrong}" is no origin, such as https://app.example.org`);
  }
  return listed;
}

/** Addresses and blocks whose word on a client's address counts. */
export function trustedProxies({ TRUSTED_PROXIES }: GatewayConfig): readonly string[] {
  return listOf(TRUSTED_PROXIES ?? '');
}

/** As browsers write them. Patterns are none: origins are compared character for character. */
function isOrigin(text: string): boolean {
  return !text.includes('*') && URL.canParse(text) && new URL(text).origin === text;
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** The settings of token checks in the shape the verifier wants. */
export function tokenSettings(config: GatewayConfig) {
  return {
    jwtSecrets: (config.JWT_SECRET ?? '').split(' ').filter((secret) => secret !== ''),
    jwtPublicKeyPem: config.JWT_PUBLIC_KEY,
    jwksUrl: config.JWKS_URL === undefined ? undefined : new URL(config.JWKS_URL),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    maxTokenLifetimeHours: config.MAX_TOKEN_LIFETIME_HOURS,
  };
}
