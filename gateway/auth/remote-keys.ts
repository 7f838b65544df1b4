import { fetchDocument } from './fetch-document.ts';
import { InvalidTokenError } from './invalid-token-error.ts';
import { keysOfSet } from './jwk-set.ts';
import type { VerificationKey } from './verification-keys.ts';

const MAX_AGE_MS = 10 * 60_000;
/** How long keys are used past their age while the issuer can't be reached. */
const MAX_STALE_MS = 60 * 60_000;
/** Between two fetches that tokens with unknown keys cause, and after a failed fetch. */
const COOLDOWN_MS = 30_000;
/** After a failed fetch with no keys to fall back on, where every token is refused meanwhile. */
const COOLDOWN_WITHOUT_KEYS_MS = 2_000;
const FETCH_TIMEOUT_MS = 5_000;
/** A slow issuer delays nobody longer than this while there are old keys that may still be used. */
const MAX_WAIT_WITH_KEYS_MS = 1_000;

interface FetchedKeys {
  readonly keys: readonly VerificationKey[];
  readonly fetchedAtMs: number;
}

/** Keys to try now, and, when these don't fit, perhaps newer ones. */
export interface RemoteKeysView {
  readonly keys: readonly VerificationKey[];
  /** A newer set, fetched at most once per cooldown however many ask; undefined when there is none. */
  newer(): Promise<readonly VerificationKey[] | undefined>;
}

/**
 * The keys behind `JWKS_URL`. They are fetched when first needed, again when they are old, and early when a
 * token doesn't fit them, so that an issuer can rotate its keys.
 *
 * The library's own remote set isn't used: its cooldown counts from the last success, so that in an outage
 * every token causes a fetch, and it can't go on with old keys.
 */
export class RemoteKeys implements AsyncDisposable {
  readonly #url: URL;
  readonly #clock: () => number;
  #held: FetchedKeys | undefined;
  #pending: Promise<void> | undefined;
  #abort: AbortController | undefined;
  #disposed = false;
  #lastError: unknown;
  #failedAtMs: number | undefined;
  #soughtNewerAtMs: number | undefined;

  constructor(url: URL, clock: () => number) {
    this.#url = url;
    this.#clock = clock;
  }

  /** @throws InvalidTokenError `keys_unavailable` */
  async view(): Promise<RemoteKeysView> {
    let justFetched = false;
    if (!this.#isYoungerThan(MAX_AGE_MS) && this.#mayFetch()) {
      const before = this.#held;
      await this.#refresh();
      justFetched = this.#held !== before;
    }
    const held = this.#held;
    if (held === undefined || !this.#isYoungerThan(MAX_AGE_MS + MAX_STALE_MS)) {
      throw new InvalidTokenError('keys_unavailable', { cause: this.#lastError });
    }
    return {
      keys: held.keys,
      // Keys that came in answer to this very token can't be outdated.
      newer: async () => (justFetched ? undefined : await this.#newerThan(held)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#abort?.abort(new Error('Closed'));
    await this.#pending;
  }

  async #newerThan(seen: FetchedKeys): Promise<readonly VerificationKey[] | undefined> {
    if (this.#held === seen) {
      if (this.#pending === undefined && !this.#mayRefetch()) return undefined;
      if (this.#pending === undefined) this.#soughtNewerAtMs = this.#clock();
      await this.#fetchOnce();
    }
    return this.#held === seen ? undefined : this.#held?.keys;
  }

  #isYoungerThan(ageMs: number): boolean {
    if (this.#held === undefined) return false;
    const heldForMs = this.#clock() - this.#held.fetchedAtMs;
    // Negative after the clock was set back: then nothing is known about their age.
    return heldForMs >= 0 && heldForMs < ageMs;
  }

  #mayFetch(): boolean {
    const usable = this.#isYoungerThan(MAX_AGE_MS + MAX_STALE_MS);
    return this.#isOver(this.#failedAtMs, usable ? COOLDOWN_MS : COOLDOWN_WITHOUT_KEYS_MS);
  }

  #mayRefetch(): boolean {
    return this.#isOver(this.#failedAtMs, COOLDOWN_MS) && this.#isOver(this.#soughtNewerAtMs, COOLDOWN_MS);
  }

  #isOver(sinceMs: number | undefined, cooldownMs: number): boolean {
    if (sinceMs === undefined) return true;
    const elapsedMs = this.#clock() - sinceMs;
    return elapsedMs < 0 || elapsedMs >= cooldownMs;
  }

  async #refresh(): Promise<void> {
    const fetched = this.#fetchOnce();
    if (!this.#isYoungerThan(MAX_AGE_MS + MAX_STALE_MS)) return fetched;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, MAX_WAIT_WITH_KEYS_MS);
    });
    await Promise.race([fetched, tooLong]);
    clearTimeout(timer);
  }

  /** Never rejects: a failure is kept for whoever finds no usable keys. */
  #fetchOnce(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      abort.abort(new Error('JWKS_URL did not answer in time'));
    }, FETCH_TIMEOUT_MS);
    this.#abort = abort;
    try {
      if (this.#disposed) throw new Error('Closed');
      const keys = await keysOfSet(await fetchDocument(this.#url, abort.signal));
      this.#held = { keys, fetchedAtMs: this.#clock() };
      this.#failedAtMs = undefined;
    } catch (error) {
      this.#failedAtMs = this.#clock();
      this.#lastError = error;
    } finally {
      clearTimeout(timer);
    }
  }
}
