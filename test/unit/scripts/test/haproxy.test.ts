import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureHaproxy, findHaproxy } from '../../../../scripts/test/haproxy.js';
import { BarePath, program } from '../bare-path.ts';

let path: BarePath;

const bin = (name: string): string => path.bin(name);
const ensure = (): Promise<string | undefined> => ensureHaproxy(path.env, new AbortController().signal, []);

beforeEach(() => {
  vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(process, 'getuid').mockReturnValue(0);
  path = new BarePath();
});

afterEach(() => {
  vi.restoreAllMocks();
  path[Symbol.dispose]();
});

describe('haproxy', () => {
  it('is taken from the PATH', async () => {
    program(bin('haproxy'), '');
    expect(await ensure()).toBeUndefined();
    expect(findHaproxy(path.env, [])).toBe(bin('haproxy'));
  });

  it('is installed from the packages when that is possible', async () => {
    const install = `echo '#!/bin/sh' > ${bin('haproxy')}; /bin/chmod +x ${bin('haproxy')}`;
    program(bin('apt-get'), `case "$1 $4" in "install haproxy") ${install};; esac`);
    expect(await ensure()).toBeUndefined();
    expect(findHaproxy(path.env, [])).toBe(bin('haproxy'));
  });

  it('is no failure without a package manager: it is said what is skipped, why, and how to have it', async () => {
    expect(await ensure()).toBe(
      'SKIPPED: the tests of deploy/proxy. There is no haproxy on the PATH (Debian: sudo apt-get install haproxy). ' +
        'This system has no apt-get.',
    );
  });

  it('is no failure when it can not be installed', async () => {
    program(bin('apt-get'), 'echo "E: Unable to locate package haproxy"; exit 100');
    expect(await ensure()).toContain('apt-get install haproxy failed: E: Unable to locate package haproxy');
  });
});
