import { describe, expect, test } from 'vitest';
import { ModelError } from '../../../../../chat-worker/agents/model/model-error.ts';
import { fallbackFor, type ServerFeatures } from '../../../../../chat-worker/agents/model/server-features.ts';

const all: ServerFeatures = { tools: true, usage: true, prefixMarks: 'all' };
const used = { tools: true, usage: true, prefix: true };

function fallback(status: number, refusal: string, features = all, sent = used) {
  return fallbackFor(new ModelError('refused', 'no', { status, refusal }), features, sent);
}

describe('what is left out after a refusal', () => {
  test.each([
    ['Unrecognized request argument: stream_options', { ...all, usage: false }],
    ['model does not support tools', { ...all, tools: false }],
    ["property 'prefix' is unsupported", { ...all, prefixMarks: 'message' }],
  ])('is what the server names: %s', (refusal, features) => {
    expect(fallback(400, refusal)).toEqual({ features, isCertain: true });
  });

  test('is one thing after the other where it names nothing, and not remembered', () => {
    const left: ServerFeatures[] = [];
    for (let features = all; ;) {
      const next = fallback(422, 'Unprocessable', features);
      if (next === undefined) break;
      expect(next.isCertain).toBe(false);
      left.push((features = next.features));
    }
    expect(left).toEqual([
      { ...all, prefixMarks: 'message' },
      { ...all, prefixMarks: 'none' },
      { ...all, usage: false, prefixMarks: 'none' },
      { tools: false, usage: false, prefixMarks: 'none' },
    ]);
  });

  test('is nothing that was not sent', () => {
    expect(fallback(400, 'no tools', all, { tools: false, usage: false, prefix: false })).toBeUndefined();
  });

  test.each([
    [401, 'Incorrect API key'],
    [404, 'The model does not exist'],
    [500, 'Internal error'],
    [400, 'maximum context length exceeded'],
  ])('is nothing after %i %s', (status, refusal) => {
    expect(fallback(status, refusal)).toBeUndefined();
  });
});
