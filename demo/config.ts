import { z } from 'zod';
import { brokerSettings, commonSettings, readEnv, type Environment } from '../shared/config/read-env.ts';

const schema = z.object(commonSettings);

/** What the demo needs of the environment: where the broker is. @throws ConfigError naming what is wrong */
export function readDemoConfig(env: Environment) {
  const config = readEnv(schema, env);
  return { broker: brokerSettings(config), logLevel: config.LOG_LEVEL };
}
