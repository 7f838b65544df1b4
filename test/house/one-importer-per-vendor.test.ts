import { describe, expect, it } from 'vitest';
import { packagesOf, sourceFiles } from './source-tree.ts';

/** Where each vendor may be imported in what we ship: replacing it is then the change of one folder. */
const IMPORTERS: readonly (readonly [vendor: RegExp, importer: string])[] = [
  [/^uWebSockets\.js$/, 'gateway/transport/'],
  [/^@nats-io\//, 'shared/bus/'],
  [/^jose$/, 'gateway/auth/'],
  [/^pino/, 'shared/telemetry/'],
  [/^openai$/, 'chat-worker/agents/'],
  [/^@opentelemetry\//, 'shared/telemetry/'],
  [/^react$/, 'client/react/'],
  [/^(preact|marked|vite)$/, 'web/'],
];

/** Packages that are no seam: used wherever they help. */
const ANYWHERE = ['zod', 'p-limit'];

const shipped = sourceFiles('shared', 'gateway', 'chat-worker', 'client', 'web', 'demo');

describe('one importer per vendor', () => {
  it.each(IMPORTERS)('%s is imported in %s only', (vendor, importer) => {
    const wrong = shipped
      .filter((file) => packagesOf(file).some((name) => vendor.test(name)))
      .map((file) => file.path)
      .filter((path) => !path.startsWith(importer));
    expect(wrong).toEqual([]);
  });

  it('knows every package that is imported', () => {
    const known = (name: string): boolean =>
      ANYWHERE.includes(name) || IMPORTERS.some(([vendor]) => vendor.test(name));
    expect([...new Set(shipped.flatMap(packagesOf))].filter((name) => !known(name))).toEqual([]);
  });

  it('keeps the client and the scripts free of packages', () => {
    const wrong = sourceFiles('client', 'scripts')
      .filter(({ path }) => !path.startsWith('client/react/'))
      // Runs long after the dependencies are there, unlike what starts the system.
      .filter(({ path }) => !/^scripts\/(chaos|screenshots)\//.test(path))
      .filter((file) => packagesOf(file).length > 0);
    expect(wrong.map((file) => file.path)).toEqual([]);
  });
});
