import { describe, expect, it } from 'vitest';
import { spansOf, type CollectedSpan } from '../../../../scripts/trace/span-collector.js';
import {
  drawHops,
  drawSvg,
  drawText,
  hopsToFirstChunk,
  rowsOf,
} from '../../../../scripts/trace/waterfall.js';

const ORIGIN_MS = 1_700_000_000_000;

function span(
  name: string,
  parent: string,
  [startMs, endMs]: readonly [number, number],
  firstChunkMs?: number,
): CollectedSpan {
  const events = firstChunkMs === undefined ? [] : [{ name: 'first_chunk', atMs: ORIGIN_MS + firstChunkMs }];
  return {
    traceId: 't',
    spanId: name,
    parentSpanId: parent,
    name,
    service: name === 'process x' ? 'chat-worker' : 'gateway',
    startMs: ORIGIN_MS + startMs,
    endMs: ORIGIN_MS + endMs,
    events,
  };
}

const chat = [
  span('deliver <x>', 'websocket chat', [6, 100], 40),
  span('process x', 'send x', [10, 99]),
  span('invoke_agent x', 'process x', [16, 98], 38),
  span('websocket chat', '', [0, 100]),
  span('claim x', 'process x', [12, 15]),
  span('send x', 'websocket chat', [1, 5]),
];

describe('the waterfall of a trace', () => {
  it('has each span below its parent, in the order they began', () => {
    expect(rowsOf(chat).map(({ span: { name }, depth }) => [depth, name])).toEqual([
      [0, 'websocket chat'],
      [1, 'send x'],
      [2, 'process x'],
      [3, 'claim x'],
      [3, 'invoke_agent x'],
      [1, 'deliver <x>'],
    ]);
    expect(rowsOf([])).toEqual([]);
  });

  it('draws a line for each, and a picture that is well-formed', () => {
    const lines = drawText(rowsOf(chat)).split('\n');
    expect(lines).toHaveLength(chat.length);
    expect(lines[1]).toMatch(/^ {2}send x .* gateway .*█.* \+1\.00 ms +4\.00 ms$/);
    const svg = drawSvg(rowsOf(chat));
    expect(svg).toContain('deliver &lt;x&gt;');
    expect(svg.match(/<rect /g)).toHaveLength(chat.length + 3);
    expect(svg.match(/<circle /g)).toHaveLength(3);
  });

  it('splits the time to the first chunk into hops that add up to it', () => {
    const hops = hopsToFirstChunk(rowsOf(chat));
    expect(hops.map(({ ms }) => ms)).toEqual([10, 5, 23, 2]);
    expect(drawHops(hops)).toMatch(/to the first chunk +40\.0 ms$/);
    expect(hopsToFirstChunk(rowsOf(chat.slice(3)))).toEqual([]);
  });

  it('knows no hop of less than nothing: the broker sends a chunk on before its word on it is heard', () => {
    const early = chat.map((each) =>
      each.name === 'deliver <x>' ? span(each.name, 'websocket chat', [6, 100], 37) : each,
    );
    expect(hopsToFirstChunk(rowsOf(early)).map(({ ms }) => ms)).toEqual([10, 5, 22, 0]);
  });
});

describe('what services send', () => {
  it('is read from OTLP/JSON', () => {
    const attributes = [{ key: 'service.name', value: { stringValue: 'gateway' } }];
    const sent = {
      traceId: 'a',
      spanId: 'b',
      name: 'n',
      startTimeUnixNano: '1700000000000500000',
      endTimeUnixNano: '1700000000001000000',
      events: [{ name: 'e', timeUnixNano: '1700000000000750000' }],
    };
    const request = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [sent] }] }] };
    expect(spansOf(request)).toEqual([
      {
        traceId: 'a',
        spanId: 'b',
        parentSpanId: '',
        name: 'n',
        service: 'gateway',
        startMs: 1_700_000_000_000.5,
        endMs: 1_700_000_000_001,
        events: [{ name: 'e', atMs: 1_700_000_000_000.75 }],
      },
    ]);
  });

  it('may be anything else', () => {
    for (const value of [undefined, null, {}, { resourceSpans: [{}] }, { resourceSpans: 'x' }]) {
      expect(spansOf(value)).toEqual([]);
    }
  });
});
