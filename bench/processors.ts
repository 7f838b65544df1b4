import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One processor for what is measured, another for what drives it: neither waits for the other. */
export interface Processors {
  readonly measured: number;
  readonly driver: number;
}

/** The first two that this process may use; a sentence on why there are none where that cannot be. */
function chooseProcessors(): Processors | string {
  const status = readFileSync('/proc/self/status', 'latin1');
  const [measured, driver] = processorsIn(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
  if (measured === undefined || driver === undefined) return 'there is only one processor';
  if (spawnSync('taskset', ['--version']).status !== 0) return 'there is no taskset';
  return { measured, driver };
}

/** @param list as the kernel writes it: `0-3,8` */
export function processorsIn(list: string): readonly number[] {
  return list
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

const chosen = chooseProcessors();

/** Undefined where everything shares what there is. */
export const processors = typeof chosen === 'string' ? undefined : chosen;

/** Why nothing is pinned. */
export const unpinned = typeof chosen === 'string' ? chosen : undefined;

/** Keeps this process, with all its threads, off the processor of what is measured. */
export function pinDriver(): void {
  if (processors === undefined) return;
  spawnSync('taskset', ['-a', '-c', '-p', String(processors.driver), String(process.pid)]);
}

/** @returns a command that runs there */
export function pinned(where: keyof Processors, command: readonly string[]): readonly string[] {
  return processors === undefined ? command : ['taskset', '-c', String(processors[where]), ...command];
}
