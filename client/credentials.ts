export interface TokenOptions {
  /** A JWT that is used as it is until it expires. */
  readonly token?: string;
  /**
   * Asked before every connection and before the token it gave expires. An empty answer means none. Where it
   * fails it is asked again.
   */
  readonly getToken?: () => string | undefined | Promise<string | undefined>;
}

/** A renewal comes this long before the end, or with a quarter of the time left if that is less. */
const MARGIN_MS = 60_000;
const MIN_DELAY_MS = 1_000;
/** Longer timers fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The token of a session, and when it has to be renewed on an open socket. */
export class Credentials {
  readonly #options: TokenOptions;
  readonly #renewed: (token: string) => void;
  #token: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the current token ends, by the server's clock. */
  #expiresAtMs = Infinity;
  /** The server's clock minus ours. */
  #skewMs = 0;
  /** Which answers of `getToken` still matter. */
  #watch = 0;

  /** `renewed` sends a token in the band of an open socket. */
  constructor(options: TokenOptions, renewed: (token: string) => void) {
    this.#options = options;
    this.#token = options.token;
    this.#renewed = renewed;
  }

  get renewable(): boolean {
    return this.#options.getToken !== undefined;
  }

  /** The token for a new connection. Rejects when `getToken` does. */
  async get(): Promise<string | undefined> {
    const { getToken } = this.#options;
    const current = (getToken === undefined ? this.#token : await getToken()) ?? '';
    this.#expiresAtMs = expiryOf(current);
    return current === '' ? undefined : current;
  }

  /** Another fixed token, now and for later connections. */
  replace(token: string): void {
    this.#token = token;
    this.#renewed(token);
  }

  /** The socket is open: from now on the token is renewed. */
  start(serverTime: string): void {
    this.#skewMs = Date.parse(serverTime) - Date.now();
    this.#schedule();
  }

  /** The server took a renewal. */
  authenticated(expiresAt: string): void {
    this.#expiresAtMs = Date.parse(expiresAt);
    this.#schedule();
  }

  stop(): void {
    this.#watch += 1;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.stop();
    if (!this.renewable || this.#expiresAtMs === Infinity) return;
    const leftMs = this.#expiresAtMs - (Date.now() + this.#skewMs);
    const delayMs = leftMs - Math.min(MARGIN_MS, leftMs / 4);
    this.#timer = setTimeout(
      () => {
        void this.#renew();
      },
      Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, delayMs)),
    );
  }

  async #renew(): Promise<void> {
    const watch = this.#watch;
    let token: string | undefined;
    try {
      token = await this.#options.getToken?.();
    } catch {
      // Asked again in a moment; at the end the server closes and the next connection asks.
    }
    if (watch !== this.#watch) return;
    if (token === undefined || token === '') {
      this.#schedule();
      return;
    }
    // `authenticated` schedules the next one; this one, should the answer be lost.
    this.#schedule();
    this.#renewed(token);
  }
}

/** The end of a JWT, by its own word; never, where it can't be read. Whether it is valid is the server's to say. */
function expiryOf(token: string): number {
  try {
    const payload = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const claims: unknown = JSON.parse(atob(payload));
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof exp === 'number' ? exp * 1_000 : Infinity;
  } catch {
    return Infinity; // Not a JWT: it is sent as it is and never renewed.
  }
}
