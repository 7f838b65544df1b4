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
  MAX_CONNECTIONS: integer(15_000, 1, 1_000_000),
  MAX_SUBSCRIPTIONS: integer(100, 1, 10_000),
  MAX_BACKPRESSURE_BYTES: integer(1_024 * KIBIBYTE, 64 * KIBIBYTE, 64 * 1_024 * KIBIBYTE),
  HEARTBEAT_INTERVAL_MS: integer(30_000, 100, 3_600_000),
  IDLE_TIMEOUT_SECONDS: integer(120, 8, 960),
  DRAIN_SECONDS: integer(10, 0, 3_600),
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
  if (config.NODE_ENV === 'production' && config.ALLOWED_ORIGINS === undefined) {
    throw new ConfigError('ALLOWED_ORIGINS: must be set when NODE_ENV is production');
  }
  return config;
}

/** The origins browsers may come from: `*` unless listed. */
export function allowedOrigins({ ALLOWED_ORIGINS }: GatewayConfig): '*' | readonly string[] {
  const listed = (ALLOWED_ORIGINS ?? '*').split(',').map((origin) => origin.trim());
  return listed.includes('*') ? '*' : listed.filter((origin) => origin !== '');
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
