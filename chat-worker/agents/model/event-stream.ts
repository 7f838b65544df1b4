import { ModelError } from './model-error.ts';

/** A line longer than this is no piece of an answer. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

/** One server-sent event. */
export interface ServerSentEvent {
  /** Empty when the server names none. */
  readonly event: string;
  readonly data: string;
}

/**
 * The events of a response body. Lines may end in LF, CRLF or CR, the last event needs no empty line after
 * it, and bytes may be cut anywhere. The package has a reader of its own, but it hides whether the server
 * said that the answer is over, and drops a last event that nothing follows.
 */
export async function* serverSentEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const decoder = new TextDecoder();
  const lines = new Lines();
  const pending = new PendingEvent();
  for await (const bytes of body) {
    for (const line of lines.add(decoder.decode(bytes, { stream: true }))) {
      const event = pending.add(line);
      if (event !== undefined) yield event;
    }
  }
  for (const line of [...lines.add(decoder.decode()), lines.rest, '']) {
    const event = pending.add(line);
    if (event !== undefined) yield event;
  }
}

class Lines {
  #rest = '';
  #afterReturn = false;

  /** What follows the last end of line. */
  get rest(): string {
    return this.#rest;
  }

  *add(text: string): Generator<string> {
    // A CRLF may be cut in two: its LF ends no second line.
    const added = this.#afterReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.#afterReturn = text.endsWith('\r');
    const lines = added.split(/\r\n|\n|\r/);
    lines[0] = this.#rest + (lines[0] ?? '');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE_CHARACTERS) {
      throw new ModelError('malformed', 'The model sent a line without end');
    }
    yield* lines;
  }
}

class PendingEvent {
  #event = '';
  #data: string[] = [];

  /** The event that this line ends, if it does. */
  add(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#end();
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    return undefined; // Comments, with nothing before the colon, keep the connection alive.
  }

  #end(): ServerSentEvent | undefined {
    const ended = { event: this.#event, data: this.#data.join('\n') };
    this.#event = '';
    this.#data = [];
    return ended.data === '' ? undefined : ended;
  }
}
