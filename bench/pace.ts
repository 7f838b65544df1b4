import { setTimeout as delay } from 'node:timers/promises';

const NS_PER_MS = 1e6;

/** The same in every process of the machine. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / NS_PER_MS;
}

/**
 * The moments of so many turns, one every `pauseMs`, the first somewhere in the first pause. One that is late
 * catches up.
 */
export async function* paced(pauseMs: number, turns: number): AsyncGenerator<number> {
  const begun = machineMs() + Math.random() * pauseMs;
  for (let turn = 0; turn < turns; turn += 1) {
    const leftMs = begun + turn * pauseMs - machineMs();
    if (leftMs > 0) await delay(leftMs);
    yield machineMs();
  }
}
