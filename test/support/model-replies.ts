import type { SeededRandom } from './seeded-random.ts';

/** One thing a model server does while it answers. */
type Step =
  | { readonly write: string }
  /** Nothing for so long; without an end for `Infinity`. */
  | { readonly waitMs: number }
  /** The connection breaks in the middle. */
  | { readonly cut: true };

/** One answer, byte by byte. */
export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface ToolCallReply {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>> | string;
}

/** What every model server can be told to answer. */
export interface PlainReply {
  readonly text?: string;
  readonly toolCalls?: readonly ToolCallReply[];
  readonly finishReason?: string;
  readonly reasoning?: string;
  readonly usage?: { readonly prompt: number; readonly completion: number };
  /** UTF-16 units of a piece. */
  readonly pieceLength?: number;
  readonly firstTokenMs?: number;
  readonly betweenTokensMs?: number;
  /** The connection breaks after so many pieces. */
  readonly cutAfterPieces?: number;
}

/** What only some servers do, and this one on demand. */
export interface Oddities {
  readonly lineEnd?: '\n' | '\r\n' | '\r';
  readonly without?: readonly (
    'usage' | 'done' | 'finish_reason' | 'role' | 'last_empty_line' | 'tool_index'
  )[];
  readonly emptyDeltas?: boolean;
  readonly comments?: boolean;
  /** The name of the field that thoughts come in. */
  readonly reasoningField?: 'reasoning' | 'reasoning_content';
  /** The connection stays open after all was said. */
  readonly staysOpen?: boolean;
  readonly toolIds?: readonly string[];
}

export interface ErrorReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly error?: Readonly<Record<string, unknown>>;
}

const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };

/** A streamed answer, with the oddities asked for. */
export function streamed(reply: PlainReply, oddities: Oddities, random: SeededRandom): RawReply {
  const { lineEnd = '\n', without = [], emptyDeltas = false, comments = false } = oddities;
  const steps: Step[] = [];
  const frame = (data: string): string => `data: ${data}${lineEnd}${lineEnd}`;
  const write = (value: unknown): void => void steps.push({ write: frame(JSON.stringify(value)) });
  const delta = (fields: object, finish: string | null = null): void => write(chunk(fields, finish));

  if (comments) steps.push({ write: `: keep-alive${lineEnd}${lineEnd}` });
  if (!without.includes('role')) delta({ role: 'assistant', content: '' });
  if (reply.firstTokenMs !== undefined) steps.push({ waitMs: reply.firstTokenMs });
  if (reply.reasoning !== undefined) {
    delta({ content: null, [oddities.reasoningField ?? 'reasoning_content']: reply.reasoning });
  }
  for (const [index, piece] of piecesOf(reply, random).entries()) {
    if (index === reply.cutAfterPieces)
      // What is on its way when a connection breaks is lost: let it arrive first.
      return { status: 200, headers: STREAM, steps: [...steps, { waitMs: 100 }, { cut: true }] };
    if (index > 0 && reply.betweenTokensMs !== undefined) steps.push({ waitMs: reply.betweenTokensMs });
    if (emptyDeltas) delta(random.chance(0.5) ? {} : { content: '' });
    if (comments) steps.push({ write: `: still here${lineEnd}${lineEnd}` });
    delta({ content: piece });
  }
  for (const fields of toolCallDeltas(reply, oddities)) delta(fields);
  const finish = reply.finishReason ?? (reply.toolCalls === undefined ? 'stop' : 'tool_calls');
  if (!without.includes('finish_reason')) delta({}, finish);
  if (reply.usage !== undefined && !without.includes('usage'))
    write({ choices: [], usage: usageOf(reply.usage) });
  if (!without.includes('done')) steps.push({ write: frame('[DONE]') });
  if (oddities.staysOpen === true) steps.push({ waitMs: Infinity });
  return {
    status: 200,
    headers: STREAM,
    steps: withoutLastEmptyLine(steps, without.includes('last_empty_line')),
  };
}

/** An answer that is an error. */
export function refused({ status, headers = {}, error }: ErrorReply): RawReply {
  const body = JSON.stringify({ error: error ?? { message: 'no', type: 'error', code: null } });
  return { status, headers: { 'content-type': 'application/json', ...headers }, steps: [{ write: body }] };
}

/** Anything at all, as the body of a stream. */
export function raw(...writes: readonly string[]): RawReply {
  return { status: 200, headers: STREAM, steps: writes.map((write) => ({ write })) };
}

/** The whole answer at once, from a server that does not know streaming. */
export function unstreamed(text: string): RawReply {
  const choice = { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' };
  const write = JSON.stringify({ id: 'x', object: 'chat.completion', choices: [choice] });
  return { status: 200, headers: { 'content-type': 'application/json' }, steps: [{ write }] };
}

function chunk(delta: object, finish: string | null): object {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'fake', choices };
}

function piecesOf({ text = '', pieceLength }: PlainReply, random: SeededRandom): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = start + (pieceLength ?? random.integer(1, 6));
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

/** Name first, then the arguments in two pieces, as most servers stream them. */
function toolCallDeltas({ toolCalls = [] }: PlainReply, { without = [], toolIds }: Oddities): object[] {
  return toolCalls.flatMap(({ name, arguments: given }, number) => {
    const text = typeof given === 'string' ? given : JSON.stringify(given);
    const half = Math.floor(text.length / 2);
    const id = toolIds === undefined ? `call_${String(number)}abc` : toolIds[number];
    const index = without.includes('tool_index') ? {} : { index: number };
    const part = (fields: object): object => ({ tool_calls: [{ ...index, ...fields }] });
    return [
      part({ ...(id === undefined ? {} : { id }), type: 'function', function: { name, arguments: '' } }),
      part({ function: { arguments: text.slice(0, half) } }),
      part({ function: { arguments: text.slice(half) } }),
    ];
  });
}

function usageOf({ prompt, completion }: { prompt: number; completion: number }): object {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function withoutLastEmptyLine(steps: readonly Step[], isWanted: boolean): readonly Step[] {
  const last = steps.at(-1);
  if (!isWanted || last === undefined || !('write' in last)) return steps;
  return [...steps.slice(0, -1), { write: last.write.trimEnd() }];
}
