import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunRecord } from '../../../../scripts/start/run-record.js';
import { tempFolder } from '../temp-folder.ts';
import { runs } from './stub-part.ts';

let folder: ReturnType<typeof tempFolder>;
let child: ChildProcess;

beforeEach(() => {
  folder = tempFolder();
  child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { detached: true });
});

afterEach(() => {
  child.kill('SIGKILL');
  folder[Symbol.dispose]();
});

const path = (): string => join(folder.path, 'npm-start.json');
const pid = (): number => child.pid ?? Number.NaN;

/** As if the start that wrote it had been killed: its pid belongs to nobody, or to someone else now. */
function forgetStarter(): void {
  const record = JSON.parse(readFileSync(path(), 'utf8')) as { parts: object[] };
  writeFileSync(path(), JSON.stringify({ ...record, starter: { pid: process.pid, startedAt: 'earlier' } }));
}

describe('run record', () => {
  it('tells of a start that still runs', () => {
    expect(new RunRecord(folder.path).runningPid()).toBeUndefined();
    new RunRecord(folder.path).note('broker', pid());
    expect(new RunRecord(folder.path).runningPid()).toBe(process.pid);
  });

  it('does not take a pid that was given to another process for the start', () => {
    new RunRecord(folder.path).note('broker', pid());
    forgetStarter();
    expect(new RunRecord(folder.path).runningPid()).toBeUndefined();
  });

  it('ends what an earlier start left behind', async () => {
    new RunRecord(folder.path).note('broker', pid());
    forgetStarter();
    const ended = once(child, 'exit');
    await new RunRecord(folder.path).stopOrphans();
    await ended;
    expect(runs(pid())).toBe(false);
  });

  it('leaves a stranger alone that got the pid of such a part', async () => {
    const broker = { pid: pid(), startedAt: 'earlier' };
    writeFileSync(path(), JSON.stringify({ starter: broker, parts: [broker] }));
    await new RunRecord(folder.path).stopOrphans();
    expect(runs(pid())).toBe(true);
  });

  it.each(['', '{', '[]', '{"parts":{}}', '{"parts":[null,{"pid":"1"}]}'])(
    'lives with the record %j',
    async (text) => {
      writeFileSync(path(), text);
      const record = new RunRecord(folder.path);
      expect(record.runningPid()).toBeUndefined();
      await record.stopOrphans();
    },
  );

  it('is gone after a start that ended as it should', () => {
    const record = new RunRecord(folder.path);
    record.note('broker', pid());
    record.remove();
    expect(new RunRecord(folder.path).runningPid()).toBeUndefined();
  });
});
