import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dependenciesAreCurrent } from '../../../../scripts/start/dependencies.js';
import { tempFolder } from '../temp-folder.ts';

type Packages = Record<string, { version?: string; integrity?: string; optional?: boolean }>;

function current(wanted: Packages, installed: Packages | undefined): boolean {
  using folder = tempFolder();
  writeFileSync(join(folder.path, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  if (installed !== undefined) {
    mkdirSync(join(folder.path, 'node_modules'));
    const record = JSON.stringify({ packages: installed });
    writeFileSync(join(folder.path, 'node_modules', '.package-lock.json'), record);
  }
  return dependenciesAreCurrent(folder.path);
}

const ROOT_ENTRY = { '': { version: '1.0.0' } };
const ZOD = { 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' } };

describe('dependencies', () => {
  it('are current when npm has noted exactly what the lockfile says', () => {
    expect(current({ ...ROOT_ENTRY, ...ZOD }, ZOD)).toBe(true);
  });

  it('are not when nothing is installed', () => {
    expect(current({ ...ROOT_ENTRY, ...ZOD }, undefined)).toBe(false);
  });

  it('are not when one is missing, another version or another content', () => {
    expect(current({ ...ROOT_ENTRY, ...ZOD }, {})).toBe(false);
    expect(current(ZOD, { 'node_modules/zod': { version: '4.0.1', integrity: 'sha512-a' } })).toBe(false);
    expect(current(ZOD, { 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-b' } })).toBe(false);
  });

  it('are current without an optional package for another platform', () => {
    const other = { 'node_modules/fsevents': { version: '2.0.0', integrity: 'sha512-c', optional: true } };
    expect(current({ ...ZOD, ...other }, ZOD)).toBe(true);
  });
});
