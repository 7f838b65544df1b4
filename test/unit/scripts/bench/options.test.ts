import { describe, expect, it } from 'vitest';
import { readBenchOptions } from '../../../../scripts/bench/options.js';
import { StartFailure } from '../../../../scripts/start/failure.js';

describe('options of the benchmark', () => {
  it('passes on what the benchmark itself understands', () => {
    const args = ['--only', 'chunk', '--only', 'fan-out', '--rounds', '5', '--guard'];
    expect(readBenchOptions(args)).toEqual({ compare: undefined, bench: args });
  });

  it('keeps the revision to itself', () => {
    expect(readBenchOptions(['--compare', 'HEAD~1'])).toEqual({ compare: 'HEAD~1', bench: [] });
  });

  it.each([['--rounds', '0'], ['--rounds', 'many'], ['--onyl', 'chunk'], ['chunk']])(
    'says how it is used after %s %s',
    (...args) => {
      expect(() => readBenchOptions(args.filter((arg) => typeof arg === 'string'))).toThrow(StartFailure);
    },
  );
});
