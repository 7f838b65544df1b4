import { describe, expect, test } from 'vitest';
import {
  headersOf,
  spanContextOf,
  traceContextFrom,
  traceContextOf,
} from '../../../../shared/telemetry/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const good = `00-${TRACE}-${SPAN}-01`;

const headers =
  (values: Record<string, string>) =>
  (name: string): string | undefined =>
    values[name];

describe('a trace context', () => {
  test('comes out as it went in', () => {
    const context = traceContextOf(headers({ traceparent: good, tracestate: 'a=1,b=2' }));
    if (context === undefined) throw new Error('it is a good one');
    const span = spanContextOf(context);
    expect(span).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
    if (span === undefined) throw new Error('it is a good one');
    expect(headersOf(span)).toEqual({ traceparent: good, tracestate: 'a=1,b=2' });
  });

  test('that is not sampled stays so', () => {
    const span = spanContextOf({ traceparent: `00-${TRACE}-${SPAN}-00` });
    expect(span === undefined ? undefined : headersOf(span)).toEqual({
      traceparent: `00-${TRACE}-${SPAN}-00`,
    });
  });

  test.each([
    ['', 'empty'],
    [good.toUpperCase(), 'upper case'],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, 'no trace'],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, 'no span'],
    [`ff-${TRACE}-${SPAN}-01`, 'the forbidden version'],
    [`${good}-extra`, 'more than there is'],
    [`${good}\n`, 'a line break'],
    [` ${good}`, 'a space'],
    [`00-${TRACE.slice(1)}-${SPAN}-01`, 'too short'],
    ['00-x', 'something else'],
  ])('is not made of %j: %s', (traceparent) => {
    expect(traceContextFrom(traceparent)).toBeUndefined();
    expect(traceContextOf(headers({ traceparent }))).toBeUndefined();
  });

  test('leaves out a state that is too long, and a client leaves it out always', () => {
    const long = headers({ traceparent: good, tracestate: `a=${'x'.repeat(600)}` });
    expect(traceContextOf(long)).toEqual({ traceparent: good });
    expect(traceContextFrom(good)).toEqual({ traceparent: good });
    expect(traceContextFrom(undefined)).toBeUndefined();
  });
});
