import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sentBytes } from '../../../../chat-worker/chat/answer.ts';
import { AgentFailure, PendingText } from '../../../../chat-worker/chat/pending-text.ts';
import { PendingToolCalls } from '../../../../chat-worker/chat/pending-tool-calls.ts';

/** Yields each piece in a turn of its own. */
async function* said(pieces: readonly string[]): AsyncGenerator<string> {
  for (const piece of pieces) {
    await nextTurn();
    yield piece;
  }
}

/** All chunks, with `turns` of the event loop gone by while each is written. */
async function chunksOf(pieces: readonly string[], minBytes = 1, turns = 0): Promise<string[]> {
  const pending = new PendingText(said(pieces), new AbortController().signal);
  const chunks: string[] = [];
  for (;;) {
    const chunk = await pending.take(minBytes);
    if (typeof chunk !== 'string') return chunks;
    chunks.push(chunk);
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
  }
}

describe('the text of an agent', () => {
  test('goes out piece by piece when writing is faster, and gathered when it is not', async () => {
    const pieces = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(await chunksOf(pieces)).toEqual(pieces);
    const gathered = await chunksOf(pieces, 1, 10);
    expect(gathered.join('')).toBe('abcdef');
    expect(gathered.length).toBeLessThan(pieces.length);
  });

  test('has chunks of the least size wanted, except the last', async () => {
    const chunks = await chunksOf(Array<string>(50).fill('é"'), 32);
    expect(chunks.slice(0, -1).every((chunk) => sentBytes(chunk) >= 32)).toBe(true);
    expect(chunks.join('')).toBe('é"'.repeat(50));
  });

  test('never has a surrogate pair split over two chunks, however the agent splits it', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '😀', '🇧🇷', 'ç', '𝒳') });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(60)), fc.nat(3), async (whole, cuts, turns) => {
        const places = [...new Set([0, ...cuts, whole.length])].sort((a, b) => a - b);
        const pieces = places.map((place, index) => whole.slice(place, places[index + 1]));
        const chunks = await chunksOf(pieces, 1, turns);
        expect(chunks.join('')).toBe(whole);
        // A lone half of a pair is the only thing that does not survive UTF-8.
        for (const chunk of chunks) expect(Buffer.from(chunk).toString()).toBe(chunk);
        expect(chunks).not.toContain('');
      }),
      { numRuns: 100 },
    );
  });

  test('is not held back for its length when the agent waits for a look-up to be stored', async () => {
    const toolCalls = new PendingToolCalls();
    const calls = [{ id: 'c', name: 'status', arguments: '{}', result: 'bem' }];
    async function* looking(): AsyncGenerator<string> {
      yield 'já';
      await toolCalls.record(calls);
      yield 'fim';
    }
    const pending = new PendingText(looking(), new AbortController().signal, toolCalls);
    expect(await pending.take(1_000)).toBe('já');
    expect(await pending.take(1_000)).toEqual(calls);
    toolCalls.stored();
    expect(await pending.take(1_000)).toBe('fim');
  });

  test('keeps a half pair that nothing follows on', async () => {
    expect((await chunksOf(['a\ud83d'])).join('')).toBe('a\ud83d');
  });

  test('is written before the error that ends it', async () => {
    async function* failing(): AsyncGenerator<string> {
      await nextTurn();
      yield 'quase';
      throw new Error('boom');
    }
    const pending = new PendingText(failing(), new AbortController().signal);
    await nextTurn();
    await nextTurn();
    expect(await pending.take(1)).toBe('quase');
    await expect(pending.take(1)).rejects.toBeInstanceOf(AgentFailure);
  });

  test('is asked for no faster than it is written', async () => {
    let asked = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        asked += 1;
        await nextTurn();
        yield 'x'.repeat(16 * 1024);
      }
    }
    const pending = new PendingText(endless(), new AbortController().signal);
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    const held = asked;
    expect(held).toBeLessThanOrEqual(6);
    expect((await pending.take(1))?.length).toBeLessThanOrEqual(6 * 16 * 1024);
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(asked).toBeGreaterThan(held);
    pending.close();
  });

  test('stops at once when the signal says so, also when the agent hangs', async () => {
    const stopping = new AbortController();
    const hanging: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    const pending = new PendingText(hanging, stopping.signal);
    const taken = pending.take(1);
    const why = new Error('stopped');
    stopping.abort(why);
    await expect(taken).rejects.toBe(why);
    pending.close();
  });
});
