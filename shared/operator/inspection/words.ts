/** How numbers are told to people at a terminal. */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** `0.412 s`, `12 s`, `3 min`, `5 h`. */
export function span(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 10_000) return `${(length / 1_000).toFixed(3)} s`;
  if (length < 2 * MINUTE_MS) return `${String(Math.round(length / 1_000))} s`;
  if (length < 2 * HOUR_MS) return `${String(Math.round(length / MINUTE_MS))} min`;
  return `${String(Math.round(length / HOUR_MS))} h`;
}

export function clock(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function bytes(count: number): string {
  if (count < 1_024) return `${String(count)} B`;
  return count < 1_048_576 ? `${(count / 1_024).toFixed(0)} KiB` : `${(count / 1_048_576).toFixed(1)} MiB`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** What came from tokens or from strangers may hold anything, and this is a terminal. */
export function plain(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}
