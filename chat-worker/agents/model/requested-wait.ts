/** How long a server that is too busy wants to be left alone, in any of the ways servers say it. */
export function requestedWaitMs(headers: Headers | undefined, nowMs = Date.now()): number | undefined {
  const ms = positive(headers?.get('retry-after-ms'));
  if (ms !== undefined) return ms;
  const after = headers?.get('retry-after');
  const seconds = positive(after);
  if (seconds !== undefined) return seconds * 1_000;
  const date = after === null || after === undefined ? Number.NaN : Date.parse(after);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function positive(written: string | null | undefined): number | undefined {
  if (written === null || written === undefined || !/^\s*\d+(\.\d+)?\s*$/.test(written)) return undefined;
  return Number(written);
}
