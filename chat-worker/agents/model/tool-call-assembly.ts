import type { ToolCallPart } from './completion-chunk.ts';

/** A call as the model made it; what it asks with may be no JSON at all. */
export interface RequestedToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** No honest question needs more. */
const MAX_CALLS = 8;
const MAX_ARGUMENT_CHARACTERS = 4_096;
const MAX_NAME_CHARACTERS = 64;

/**
 * Puts tool calls together from the pieces they are streamed in. Servers differ: some number the calls,
 * some leave the number out or give every call the same, some send ids only with the first piece.
 */
export class ToolCallAssembly {
  readonly #calls: { index: number | undefined; id: string; name: string; arguments: string }[] = [];

  add(parts: readonly ToolCallPart[]): void {
    for (const part of parts) {
      const call = this.#callOf(part);
      if (call === undefined) continue;
      const { name, arguments: given } = part.function ?? {};
      call.id ||= part.id ?? '';
      call.name = (call.name + (name ?? '')).slice(0, MAX_NAME_CHARACTERS);
      const text =
        typeof given === 'string'
          ? given
          : given === undefined || given === null
            ? ''
            : JSON.stringify(given);
      call.arguments = (call.arguments + text).slice(0, MAX_ARGUMENT_CHARACTERS);
    }
  }

  /** Those that name a tool; where the server gave no id of its own, with one that no other call has. */
  calls(round: number): readonly RequestedToolCall[] {
    const taken = new Set<string>();
    return this.#calls
      .filter(({ name }) => name !== '')
      .map(({ id, name, arguments: given }, index) => {
        const unique = id === '' || taken.has(id) ? `call_${round}_${index}` : id;
        taken.add(unique);
        return { id: unique, name, arguments: given };
      });
  }

  #callOf(part: ToolCallPart) {
    const index = part.index ?? undefined;
    const id = part.id ?? '';
    const last = this.#calls.at(-1);
    const known = index === undefined ? last : this.#calls.findLast((call) => call.index === index);
    const isAnother = id !== '' && known !== undefined && known.id !== '' && known.id !== id;
    const isWhole = index === undefined && (part.function?.name ?? '') !== '';
    if (known !== undefined && !isAnother && !isWhole) return known;
    if (this.#calls.length >= MAX_CALLS) return undefined;
    const call = { index, id, name: '', arguments: '' };
    this.#calls.push(call);
    return call;
  }
}
