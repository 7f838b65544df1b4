import { context, ROOT_CONTEXT, trace, type Context, type ContextManager } from '@opentelemetry/api';
import { afterEach, expect, it } from 'vitest';
import { activeTraceHeaders } from '../../../../shared/telemetry/active-trace.ts';

/** What a service's own OpenTelemetry keeps for it, in its simplest form. */
function keep(active: Context): void {
  const manager: ContextManager = {
    active: () => active,
    with: (_context, work, thisArg, ...args) => work.apply(thisArg, args),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager);
}

afterEach(() => context.disable());

it('are those of the span that the calling code runs in', () => {
  const spanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  };
  keep(trace.setSpanContext(ROOT_CONTEXT, spanContext));
  expect(activeTraceHeaders()).toEqual({
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
});

it('are none where it runs in none', () => {
  expect(activeTraceHeaders()).toEqual({});
  keep(ROOT_CONTEXT);
  expect(activeTraceHeaders()).toEqual({});
});
