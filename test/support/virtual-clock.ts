interface Task {
  readonly atMs: number;
  /** Tasks due at the same moment run in the order they were made in. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** Time that passes only when a test lets it: seconds of timers and latencies run in microseconds. */
export class VirtualClock {
  readonly #heap: Task[] = [];
  #nowMs = 0;
  #made = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `task` after a while; the returned function forgets it. */
  schedule(task: () => void, delayMs: number): () => void {
    const entry: Task = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#made, run: task };
    this.#made += 1;
    this.#push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  /** Lets time pass: one task after another, each with everything its promises lead to. */
  async runFor(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await settled();
    for (let task = this.#heap[0]; task !== undefined && task.atMs <= untilMs; task = this.#heap[0]) {
      this.#takeFirst();
      if (task.run === undefined) continue;
      this.#nowMs = task.atMs;
      task.run();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(task, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = task;
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const moved = heap.pop();
    if (moved === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        childIndex += 1;
        child = right;
      }
      if (!isBefore(child, moved)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = moved;
  }
}

function isBefore(one: Task, other: Task): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/**
 * Resolves after every promise callback that is due, and all that follow from them: Node empties the queue
 * of promises before it goes on with the next tick. Ten times cheaper than a turn of the event loop.
 */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
