/** Options of a fast-check run. What a failure prints as its seed replays it: `FAST_CHECK_SEED=-17 npx vitest …`. */
export function propertyOptions(numRuns: number): { numRuns: number; seed?: number } {
  const seed = process.env['FAST_CHECK_SEED'];
  return seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) };
}
