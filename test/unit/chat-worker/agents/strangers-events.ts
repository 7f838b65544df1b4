import fc from 'fast-check';
import type { InvestigationEvent } from '../../../../chat-worker/agents/agent.ts';
import { anyText } from '../../../support/any-text.ts';

/** Values a careless or hostile publisher may put anywhere. */
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  anyText({ maxLength: 400 }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(
    'high',
    'crítica',
    'R$ 1.234,56',
    '45%',
    '12,5',
    '<b>x</b>',
    '[a](http://b)',
    '| x |',
    '`',
    '\ud800',
  ),
  fc.array(fc.record({ name: fc.string(), cnpj: fc.string() }), { maxLength: 3 }),
);

const names = [
  ...[
    'status',
    'progress',
    'percent',
    'message',
    'severity',
    'description',
    'amount',
    'valor',
    'total',
    'title',
  ],
  ...['fornecedor', 'supplier', 'suppliers', 'cnpj', 'currency', 'details', 'data', 'url', 'estado', 'name'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'],
];

const body = fc.oneof(
  fc.dictionary(fc.constantFrom(...names), anyValue, { noNullPrototype: false }),
  fc.dictionary(fc.constantFrom(...names), fc.dictionary(fc.constantFrom(...names), anyValue)),
  fc.dictionary(fc.string(), anyValue),
);

const kind = fc.oneof(
  fc.constantFrom(
    'anomaly',
    'finding',
    'report',
    'progress',
    'supplier',
    'started',
    'constructor',
    '__proto__',
  ),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
);

/** Any events the broker may hold: bodies went through JSON, times and sequences are its own. */
export const strangersEvents: fc.Arbitrary<readonly InvestigationEvent[]> = fc
  .array(fc.tuple(kind, body, fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 100_000_000 })), {
    maxLength: 12,
  })
  .map((published) => {
    let sequence = 0;
    let storedAtMs = Date.UTC(2026, 5, 1);
    return published.map(([kindOf, written, sequenceStep, msStep]) => {
      sequence += sequenceStep;
      storedAtMs += msStep;
      const parsed = JSON.parse(JSON.stringify(written)) as Record<string, unknown>;
      return { kind: kindOf, body: parsed, sequence, storedAtMs };
    });
  });
