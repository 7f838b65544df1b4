import { readdirSync, readFileSync } from 'node:fs';

const NS_PER_US = 1_000;

/** Processor time of a process so far, all its threads, microseconds, as the scheduler counts it. */
export function cpuOf(pid: number): number {
  const tasks = `/proc/${String(pid)}/task`;
  return readdirSync(tasks).reduce((sum, thread) => sum + threadCpu(`${tasks}/${thread}/schedstat`), 0);
}

function threadCpu(path: string): number {
  try {
    return Number(readFileSync(path, 'latin1').split(' ', 1)[0]) / NS_PER_US;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0; // It has just ended.
    throw error;
  }
}
