import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../house/source-tree.ts';

const service = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  healthcheck: z.looseObject({ test: z.array(z.string()).optional() }).optional(),
  profiles: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
});
const file = z.looseObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()),
});

/** The image of this repository, which most services are. */
export const OWN_IMAGE = 'cidadao-ai-realtime';

/** `docker-compose.yml` as text, as data, and as compose sees it when no variable is set. */
export function readCompose() {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  const data: unknown = parse(text, { merge: true });
  const filled: unknown = JSON.parse(JSON.stringify(data), (_, value: unknown) =>
    typeof value === 'string' ? withDefaults(value) : value,
  );
  return { text, data, ...file.parse(filled) };
}

/** What compose makes of `${NAME:-default}` where NAME is not set. */
function withDefaults(text: string): string {
  return text.replaceAll(/\$\{[A-Z0-9_]+:-([^}]*)\}/g, '$1');
}
