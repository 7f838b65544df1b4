import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureNatsServer } from '../../../../scripts/start/nats-server.js';
import { BarePath, program } from '../bare-path.ts';

let path: BarePath;

const bin = (name: string): string => path.bin(name);

const ensure = (moreFolders: readonly string[] = []): Promise<string> =>
  ensureNatsServer(path.env, new AbortController().signal, moreFolders);

function asUser(uid: number): void {
  vi.spyOn(process, 'getuid').mockReturnValue(uid);
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockReturnValue();
  path = new BarePath();
});

afterEach(() => {
  vi.restoreAllMocks();
  path[Symbol.dispose]();
});

describe('nats-server', () => {
  it('is taken from the PATH', async () => {
    program(bin('nats-server'), '');
    expect(await ensure()).toBe(bin('nats-server'));
  });

  it("is found where only root's PATH looks", async () => {
    const sbin = join(path.folder, 'sbin');
    mkdirSync(sbin);
    program(join(sbin, 'nats-server'), '');
    expect(await ensure([sbin])).toBe(join(sbin, 'nats-server'));
  });

  it('is installed from the packages when that is possible', async () => {
    asUser(0);
    const log = join(path.folder, 'log');
    const found = `case "$1" in install) echo '#!/bin/sh' > ${bin('nats-server')}; /bin/chmod +x ${bin('nats-server')};; esac`;
    program(bin('apt-get'), `echo "$DEBIAN_FRONTEND $*" >> ${log}\n${found}`);
    expect(await ensure()).toBe(bin('nats-server'));
    expect(readFileSync(log, 'utf8')).toBe(
      'noninteractive update\nnoninteractive install -y --no-install-recommends nats-server\n',
    );
  });

  it('is installed also when the update before it fails', async () => {
    asUser(0);
    const install = `echo '#!/bin/sh' > ${bin('nats-server')}; /bin/chmod +x ${bin('nats-server')}`;
    program(bin('apt-get'), `if [ "$1" = update ]; then exit 100; fi; ${install}`);
    expect(await ensure()).toBe(bin('nats-server'));
  });

  it('tells every way to get it when there is no package manager', async () => {
    await expect(ensure()).rejects.toThrow(
      /no nats-server[^]*apt-get install[^]*brew install[^]*docker run[^]*NATS_URL=nats:\/\/<host>:4222 npm start/,
    );
  });

  it('tells why installing it failed', async () => {
    asUser(0);
    program(bin('apt-get'), 'echo "E: Unable to locate package nats-server"; exit 100');
    await expect(ensure()).rejects.toThrow('failed: E: Unable to locate package nats-server');
  });

  it('asks nobody for a password', async () => {
    asUser(1000);
    const log = join(path.folder, 'log');
    program(bin('apt-get'), `echo ran > ${log}`);
    program(bin('sudo'), 'exit 1');
    await expect(ensure()).rejects.toThrow('Installing it takes root or a sudo without password.');
    expect(existsSync(log)).toBe(false);
  });
});
