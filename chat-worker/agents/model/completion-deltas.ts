import { noDelta, parseChunk, type CompletionDelta } from './completion-chunk.ts';
import { serverSentEvents } from './event-stream.ts';
import { ModelError, statusError } from './model-error.ts';

const END = '[DONE]';

/**
 * The pieces of one answer, as the server sends them.
 * @throws ModelError also when the stream ends without a word that the answer did
 */
export async function* completionDeltas(response: Response): AsyncGenerator<CompletionDelta> {
  let isOver = false;
  let isClosed = false;
  for await (const data of payloads(response)) {
    // Read on to the end of the body: only then the connection can be used again.
    if (isClosed) continue;
    isClosed = data.startsWith(END);
    const delta: CompletionDelta = isClosed
      ? { ...noDelta, finishReason: isOver ? undefined : 'stop' }
      : deltaOf(data);
    isOver ||= delta.finishReason !== undefined;
    yield delta;
  }
  // Some servers leave out [DONE], others the reason; one that says neither was cut off.
  if (!isOver) throw new ModelError('cut_off', 'The model stopped in the middle');
}

async function* payloads(response: Response): AsyncGenerator<string> {
  if (response.headers.get('content-type')?.includes('application/json') === true) {
    // It does not stream: the whole answer at once, which is over by being there.
    yield await response.text();
    yield END;
    return;
  }
  for await (const { data } of serverSentEvents(response.body ?? noBytes())) yield data;
}

function noBytes(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

function deltaOf(data: string): CompletionDelta {
  const chunk = parseChunk(parse(data));
  if (chunk === undefined) throw new ModelError('malformed', 'The model sent something else than an answer');
  if (!('error' in chunk)) return chunk;
  throw streamedError(chunk.error);
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined; // The caller refuses it.
  }
}

/** An error that comes after the status said that all is well. */
function streamedError(error: unknown): ModelError {
  const { code, status, type } = typeof error === 'object' && error !== null ? fieldsOf(error) : {};
  const said = [status, code].map(Number).find((number) => number >= 400 && number < 600);
  const refusal = JSON.stringify(error);
  if (said !== undefined) return statusError(said, { refusal, code, cause: error });
  const isRefusal = type === 'invalid_request_error' || type === 'authentication_error';
  return new ModelError(isRefusal ? 'refused' : 'unavailable', 'The model broke its answer off', {
    refusal,
    cause: error,
  });
}

function fieldsOf(error: object): { code?: unknown; status?: unknown; type?: unknown } {
  return error;
}
