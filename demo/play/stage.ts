import { demoRequest } from '../../shared/bus-protocol/demo.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import type { PlainNats } from '../../shared/bus/plain-nats.ts';
import type { ToldMessage } from '../../shared/bus/bus.ts';
import { playAudit } from './play-audit.ts';
import type { ScriptedEvent } from './script-of-audit.ts';

/** More at once are of no use to anybody. */
const MAX_PLAYS = 5;

export interface StageOptions {
  readonly script: readonly ScriptedEvent[];
  readonly durationMs: number;
  /** A play ended before its end. */
  readonly onFailed: (investigationId: string, error: unknown) => void;
  /** The broker does not let this user hear who asks. */
  readonly onRefused: (error: Error) => void;
}

/** Plays the audit whenever somebody asks for it on `internal.demo.start`, each investigation once at a time. */
export class Stage implements AsyncDisposable {
  readonly #nats: PlainNats;
  readonly #options: StageOptions;
  readonly #closing = new AbortController();
  readonly #plays = new Map<string, Promise<void>>();
  readonly #unsubscribe: () => void;

  constructor(nats: PlainNats, options: StageOptions) {
    this.#nats = nats;
    this.#options = options;
    this.#unsubscribe = nats.hear(
      subjects.demo,
      (message) => {
        this.#asked(message);
      },
      options.onRefused,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    this.#closing.abort();
    await Promise.all(this.#plays.values());
  }

  #asked({ data }: ToldMessage): void {
    const id = investigationIdIn(data);
    if (id === undefined || this.#plays.has(id) || this.#plays.size >= MAX_PLAYS) return;
    this.#plays.set(id, this.#play(id));
  }

  async #play(id: string): Promise<void> {
    const { script, durationMs, onFailed } = this.#options;
    try {
      await playAudit(this.#nats, id, script, { durationMs, signal: this.#closing.signal });
    } catch (error) {
      if (!this.#closing.signal.aborted) onFailed(id, error);
    } finally {
      this.#plays.delete(id);
    }
  }
}

/** Undefined for what is no request. */
function investigationIdIn(data: Uint8Array): string | undefined {
  try {
    return demoRequest.parse(JSON.parse(new TextDecoder().decode(data))).investigation_id;
  } catch {
    return undefined; // Of a stranger, or a later version: there is nobody to tell.
  }
}
