import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serverSentEvents } from '../../../../../chat-worker/agents/model/event-stream.ts';

async function* packets(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
  places.sort((one, other) => one - other);
  for (const [index, place] of places.entries()) {
    await Promise.resolve();
    yield bytes.subarray(place, places[index + 1]);
  }
}

async function eventsOf(text: string, cuts: readonly number[] = []) {
  const events: string[] = [];
  for await (const { event, data } of serverSentEvents(packets(Buffer.from(text), cuts))) {
    events.push(event === '' ? data : `${event}=${data}`);
  }
  return events;
}

describe('the events of a stream', () => {
  test('are the same however the bytes are cut, whatever ends the lines', async () => {
    const data = fc.string({ unit: fc.constantFrom('a', 'ç', '👩🏽‍⚕️', ' ', ':', '{"x":1}') });
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    await fc.assert(
      fc.asyncProperty(fc.array(data), lineEnd, fc.array(fc.nat(2_000)), async (texts, end, cuts) => {
        const stream = texts.map((text) => `: comment${end}data: ${text}${end}data: b${end}${end}`).join('');
        expect(await eventsOf(stream, cuts)).toEqual(texts.map((text) => `${text}\nb`));
      }),
      { numRuns: 200 },
    );
  });

  test('may have a name, several lines, no space, and no empty line after the last', async () => {
    expect(await eventsOf('event: error\ndata:a\ndata: b\nid: 1\n\ndata: last')).toEqual([
      'error=a\nb',
      'last',
    ]);
  });

  test('have no line without end', async () => {
    const endless = new Uint8Array(1024 * 1024).fill(0x61);
    async function* lines(): AsyncGenerator<Uint8Array> {
      for (;;) {
        await Promise.resolve();
        yield endless;
      }
    }
    await expect(serverSentEvents(lines()).next()).rejects.toMatchObject({ code: 'MODEL_MALFORMED' });
  });
});
