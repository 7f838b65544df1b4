import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StartFailure } from '../../../../scripts/start/failure.js';
import { tempFolder } from '../temp-folder.ts';
import { DEAF, GOOD, runs, StubRun } from './stub-part.ts';

let folder: ReturnType<typeof tempFolder>;
let run: StubRun;
let said: string[];

beforeEach(() => {
  said = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    said.push(line);
  });
  folder = tempFolder();
  run = new StubRun(folder.path);
});

afterEach(async () => {
  await run.stop().catch(() => undefined);
  vi.restoreAllMocks();
  folder[Symbol.dispose]();
});

describe('supervisor', () => {
  it('starts the broker first and is ready when all parts are', async () => {
    const brokerIsUp = (): Promise<void> => {
      run.note('broker is up');
      return Promise.resolve();
    };
    run.add('broker', 'broker', 'setInterval(() => undefined, 1000)', { waitUntilReady: brokerIsUp });
    run.add('worker', 'worker', `note('starts'); ${GOOD}`);
    run.add('gateway', 'gateway', GOOD);
    void run.start();
    await run.ready();
    run.note('ready');
    expect(run.notes).toEqual(['broker is up', 'worker starts', 'ready']);
  });

  it('stops gateways, then workers, then the broker, and leaves nothing', async () => {
    run.add('broker', 'broker', GOOD);
    run.add('worker', 'worker', GOOD);
    run.add('gateway', 'gateway', GOOD);
    const pids = ['broker', 'worker', 'gateway'].map((name) => run.started(name));
    void run.start();
    await run.ready();
    await run.stop();
    expect(run.notes).toEqual(['gateway SIGTERM', 'worker SIGTERM', 'broker SIGTERM']);
    expect((await Promise.all(pids)).filter(runs)).toEqual([]);
  });

  it.each([
    ['SIGKILL', 'SIGKILL'],
    ['SIGTERM', 'exit code 0'],
  ] as const)('starts a part again that ended by %s', async (signal, reason) => {
    run.add('worker', 'worker', GOOD);
    const first = run.started('worker');
    void run.start();
    await run.ready();
    const second = run.started('worker');
    process.kill(await first, signal);
    expect(runs(await second)).toBe(true);
    expect(said).toEqual([`worker ended (${reason}), it is started again in 0.1 s.`]);
  });

  it('waits longer each time a part ends again', async () => {
    run.add('worker', 'worker', `process.send({ type: 'ready' }, () => process.exit(3));`);
    void run.start();
    for (let count = 0; count < 3; count += 1) await run.started('worker');
    await run.started('worker');
    const pauses = said.map((line) => /again in ([\d.]+) s/.exec(line)?.[1]).filter(Boolean);
    expect(pauses).toEqual(['0.1', '0.2', '0.4']);
  });

  it('gives up when a part ends before it was ready, after stopping the others', async () => {
    run.add('broker', 'broker', GOOD);
    run.add('worker', 'worker', GOOD);
    run.add('gateway', 'gateway', 'process.exit(1)');
    const pids = ['broker', 'worker', 'gateway'].map((name) => run.started(name));
    // An empty message: a part that ends with code 1 has printed its reason.
    await expect(run.start()).rejects.toEqual(new StartFailure(''));
    expect((await Promise.all(pids)).filter(runs)).toEqual([]);
  });

  it('says how a part ended that could not say it itself', async () => {
    run.add('gateway', 'gateway', `process.kill(process.pid, 'SIGKILL')`);
    await expect(run.start()).rejects.toThrow('gateway did not start: SIGKILL.');
  });

  it('says where to look when a part is silent by nature', async () => {
    run.add('broker', 'broker', 'process.exit(1)', { explanation: 'see /var/log/broker' });
    await expect(run.start()).rejects.toThrow('broker did not start: exit code 1, see /var/log/broker.');
  });

  it('fails with what the readiness check found, and ends the part', async () => {
    const check = (): Promise<void> => Promise.reject(new StartFailure('NATS_PORT 1: too old'));
    run.add('broker', 'broker', DEAF, { waitUntilReady: check });
    const pid = run.started('broker');
    await expect(run.start()).rejects.toThrow('NATS_PORT 1: too old');
    expect(runs(await pid)).toBe(false);
  });

  it('fails when the program is not there', async () => {
    run.add('broker', 'broker', '', { command: '/nowhere/nats-server' });
    await expect(run.start()).rejects.toThrow('broker did not start: spawn /nowhere/nats-server ENOENT.');
  });

  it('kills at its deadline what does not end when asked', async () => {
    run.add('gateway', 'gateway', DEAF);
    run.add('worker', 'worker', GOOD);
    const pid = run.started('gateway');
    void run.start(-2000);
    await run.ready();
    await run.stop();
    expect(run.notes).toEqual(['gateway ignored SIGTERM', 'worker SIGTERM']);
    expect(runs(await pid)).toBe(false);
  });

  it('stops while it is still starting', async () => {
    run.add('gateway', 'gateway', `setInterval(() => undefined, 1000)`);
    const pid = run.started('gateway');
    void run.start();
    await pid;
    await run.stop();
    expect(runs(await pid)).toBe(false);
  });

  it('puts every part in a process group of its own, so that Ctrl-C does not reach it', async () => {
    run.add('worker', 'worker', GOOD);
    const pid = run.started('worker');
    void run.start();
    await run.ready();
    // Only the leader of a group can be named by minus its pid.
    expect(process.kill(-(await pid), 0)).toBe(true);
  });
});
