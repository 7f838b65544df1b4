import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { SeededRandom } from '../../support/seeded-random.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

/** Any moment will do, as long as it is the same each time. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

let clock: VirtualClock | undefined;
let random: SeededRandom | undefined;

/** From now on this process lives on a clock of its own, and its chance comes from one source. */
export function useVirtualTime(nextClock: VirtualClock, nextRandom: SeededRandom): void {
  if (clock === undefined) install();
  clock = nextClock;
  random = nextRandom;
}

function current(): VirtualClock {
  if (clock === undefined) throw new Error('There is no clock');
  return clock;
}

/** What the services get for a timer: it is never waited for. */
class VirtualTimer {
  #forget: () => void = () => undefined;

  start(task: () => void, delayMs: number, repeat: boolean): this {
    // Node takes nothing shorter than a millisecond.
    const delay = Math.max(1, delayMs);
    this.#forget = current().schedule(() => {
      if (repeat) this.start(task, delayMs, repeat);
      task();
    }, delay);
    return this;
  }

  stop(): void {
    this.#forget();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

type Task = (...args: unknown[]) => void;

function startTimer(task: Task, delayMs = 1, ...args: unknown[]): VirtualTimer {
  return new VirtualTimer().start(() => task(...args), delayMs, false);
}

function stopTimer(timer: unknown): void {
  if (timer instanceof VirtualTimer) timer.stop();
}

/** A turn of the event loop takes next to nothing, but what is due meanwhile comes first. */
function nextTurn(task: Task, ...args: unknown[]): VirtualTimer {
  const timer = new VirtualTimer();
  current().schedule(() => task(...args), 0.01);
  return timer;
}

function pause<Value>(
  delayMs = 1,
  value?: Value,
  options: { signal?: AbortSignal } = {},
): Promise<Value | undefined> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      timer.stop();
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    const timer = startTimer(() => {
      signal?.removeEventListener('abort', fail);
      resolve(value);
    }, delayMs);
    if (signal?.aborted === true) fail();
    else signal?.addEventListener('abort', fail, { once: true });
  });
}

function randomBytes(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let index = 0; index < size; index += 1) bytes[index] = Math.floor(Math.random() * 256);
  return bytes;
}

let made = 0;

function install(): void {
  Object.assign(globalThis, {
    setTimeout: startTimer,
    clearTimeout: stopTimer,
    setInterval: (task: Task, delayMs = 1, ...args: unknown[]) =>
      new VirtualTimer().start(() => task(...args), delayMs, true),
    clearInterval: stopTimer,
    setImmediate: nextTurn,
    clearImmediate: stopTimer,
  });
  Object.assign(timersPromises, {
    setTimeout: pause,
    setImmediate: () => pause(0.01),
  });
  Object.assign(crypto, {
    randomBytes,
    randomUUID: () => `id-${(made += 1).toString(36)}`,
  });
  performance.now = () => current().nowMs;
  Date.now = () => EPOCH_MS + Math.floor(current().nowMs);
  Math.random = () => random?.next() ?? 0;
  syncBuiltinESMExports();
}
