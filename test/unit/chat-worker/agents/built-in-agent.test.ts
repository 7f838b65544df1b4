import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CannotContinueError } from '../../../../chat-worker/agents/agent.ts';
import { createBuiltInAgent } from '../../../../chat-worker/agents/built-in-agent.ts';
import { piecesOf } from '../../../../chat-worker/agents/streaming/answer-pieces.ts';
import type { Circumstances } from './asking.ts';
import { answerTo, piecesFor, requestFor } from './asking.ts';
import { eventsOf, health, school } from './events.ts';
import { strangersEvents } from './strangers-events.ts';
import { anyText } from '../../../support/any-text.ts';

const emoji = eventsOf(['progress', { message: '🇧🇷 obra 👩‍👩‍👧‍👦 parada 𝒜𝒷𝒸 '.repeat(8) }]);
const stored = { 'INV-1': health, 'INV-2': school, 'INV-3': emoji };
const messages = [
  'oi',
  'status da INV-1',
  'status da INV-3',
  'compare INV-1 e INV-2',
  'explique em detalhes',
  'What happened in INV-3?',
] as const;

describe('pieces of an answer', () => {
  it('are a word or two', async () => {
    const pieces = await piecesFor('explique em detalhes', {});
    const words = pieces.map((piece) => piece.trim().split(/\s+/).length);
    expect(Math.max(...words)).toBeLessThanOrEqual(2);
    expect(pieces.every((piece) => piece !== '')).toBe(true);
  });

  it('are the text when joined, never half a code point, never long', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            anyText().map((text) => text.replace(/\p{Surrogate}/gu, '\ufffd')),
            fc.constant('\n\n'),
            fc.constant('💰'.repeat(40)),
            fc.constant(`x${'💰'.repeat(40)}`),
          ),
        ),
        (parts) => {
          const text = parts.join(' ');
          const pieces = [...piecesOf(text)];
          expect(pieces.join('')).toBe(text);
          for (const piece of pieces) {
            expect(piece).not.toMatch(/\p{Surrogate}/u);
            expect(piece.length).toBeLessThanOrEqual(40);
            expect(piece).not.toBe('');
          }
        },
      ),
    );
  });
});

describe('going on after a part', () => {
  it('gives the rest, wherever it was cut', async () => {
    for (const message of messages) {
      const whole = await answerTo(message, { stored });
      const points = Array.from(whole);
      await fc.assert(
        fc.asyncProperty(fc.nat(points.length), async (cut) => {
          const after = points.slice(0, cut).join('');
          const rest = await piecesFor(message, { stored, after });
          expect(after + rest.join('')).toBe(whole);
          for (const piece of rest) expect(piece).not.toMatch(/\p{Surrogate}/u);
        }),
        { numRuns: 40 },
      );
    }
  });

  it('is the same text from the same events, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(strangersEvents, fc.double({ min: 0, max: 1, noNaN: true }), async (events, part) => {
        const circumstances: Circumstances = { stored: { 'INV-1': events } };
        const whole = await answerTo('relatório da INV-1', circumstances);
        const points = Array.from(whole);
        const after = points.slice(0, Math.floor(points.length * part)).join('');
        const rest = await answerTo('relatório da INV-1', { ...circumstances, after });
        expect(after + rest).toBe(whole);
        expect(whole).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  it('gives nothing after the whole', async () => {
    const whole = await answerTo('oi', {});
    expect(await piecesFor('oi', { after: whole })).toEqual([]);
  });

  it('is refused after anything else, before the first piece', async () => {
    const whole = await answerTo('oi', {});
    for (const after of ['x', `${whole}x`, whole.slice(1), `${whole.slice(0, 10)}?`]) {
      await expect(piecesFor('oi', { after })).rejects.toBeInstanceOf(CannotContinueError);
    }
  });
});

describe('stopping', () => {
  const take = async (
    pieceDelayMs: number,
    abortAfter: number,
  ): Promise<{ taken: number; error: unknown }> => {
    const controller = new AbortController();
    const agent = createBuiltInAgent({ pieceDelayMs });
    const request = requestFor('explique em detalhes', { signal: controller.signal });
    let taken = 0;
    try {
      for await (const piece of agent.answer(request, agent.route(request), '')) {
        expect(piece).not.toBe('');
        taken += 1;
        if (taken === abortAfter) controller.abort(new Error('cancelled by the user'));
      }
    } catch (error) {
      return { taken, error };
    }
    throw new Error('it went on to the end');
  };

  it.each([0, 60_000])('comes before the next piece, with the reason (pause %d ms)', async (pieceDelayMs) => {
    const { taken, error } = await take(pieceDelayMs, 1);
    expect(taken).toBe(1);
    expect(error).toEqual(new Error('cancelled by the user'));
  });

  it('comes after any number of pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (abortAfter) => {
        expect((await take(0, abortAfter)).taken).toBe(abortAfter);
      }),
      { numRuns: 20 },
    );
  });

  it('comes at once while the events are read, even if the reader goes on', async () => {
    const controller = new AbortController();
    const agent = createBuiltInAgent({ pieceDelayMs: 0 });
    const request = {
      ...requestFor('status da INV-1', { signal: controller.signal }),
      investigations: { events: () => new Promise<never>(() => undefined) },
    };
    const first = agent.answer(request, agent.route(request), '')[Symbol.asyncIterator]().next();
    controller.abort(new Error('drained'));
    await expect(first).rejects.toThrow('drained');
  });

  it('comes before anything is read when it was asked for before', async () => {
    const events = vi.fn();
    const agent = createBuiltInAgent({ pieceDelayMs: 0 });
    const request = {
      ...requestFor('status da INV-1', { signal: AbortSignal.abort(new Error('late')) }),
      investigations: { events },
    };
    const first = agent.answer(request, agent.route(request), '')[Symbol.asyncIterator]().next();
    await expect(first).rejects.toThrow('late');
    expect(events).not.toHaveBeenCalled();
  });
});

describe('pauses', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are between the pieces, and leave no timer behind when stopped', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const controller = new AbortController();
    const agent = createBuiltInAgent({ pieceDelayMs: 20 });
    const request = requestFor('oi', { signal: controller.signal });
    const pieces = agent.answer(request, agent.route(request), '')[Symbol.asyncIterator]();
    expect((await pieces.next()).done).toBe(false);
    expect(vi.getTimerCount()).toBe(0);

    // Immediates are real: after one, whatever was going to ask for a timer has.
    const second = pieces.next();
    await new Promise(setImmediate);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(20);
    expect((await second).done).toBe(false);

    const third = pieces.next();
    await new Promise(setImmediate);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort(new Error('stop'));
    await expect(third).rejects.toThrow('stop');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('need no timer when they are zero, and still let others have their turn', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (turns < 1_000) setImmediate(count);
    };
    setImmediate(count);
    const pieces = await piecesFor('explique em detalhes', {});
    expect(turns).toBeGreaterThanOrEqual(Math.floor(pieces.length / 64));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('routing', () => {
  it('names the agent as clients know it', () => {
    const agent = createBuiltInAgent({ pieceDelayMs: 0 });
    expect(agent.route({ message: 'gere um relatório', agentId: undefined })).toEqual({
      id: 'tiradentes',
      name: 'Tiradentes',
    });
    expect(agent.route({ message: 'oi', agentId: 'bardi' })).toEqual({
      id: 'bo_bardi',
      name: 'Lina Bo Bardi',
    });
  });
});

describe('any message', () => {
  it('gets the same answer every time', async () => {
    await fc.assert(
      fc.asyncProperty(anyText({ minLength: 1 }), async (message) => {
        const answer = await answerTo(message, { subscribed: ['INV-1'], stored });
        expect(answer).not.toBe('');
        expect(await answerTo(message, { subscribed: ['INV-1'], stored })).toBe(answer);
      }),
    );
  });
});
