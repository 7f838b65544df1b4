/** A gateway says that it lives this often … */
export const BEAT_MS = 500;
/** … and is gone when it has not for so long. */
const SILENCE_MS = 1_500;
/** Our own sign of life comes back from the broker: while it does not, nobody's silence means anything. */
const OWN_SILENCE_MS = 900;
/** A check that comes this late slept, and what was said meanwhile may not be read yet. */
const LATE_CHECK_MS = 300;

interface Peer {
  heardAtMs: number;
  /** Of its last announcement that was heard. */
  sequence: number;
  /** Whether everything it has is known, if nothing of it was missed. */
  isKnown: boolean;
}

export interface PeersEvents {
  /** It fell silent or said good-bye: nobody is there any more. */
  gone(gatewayId: string): void;
  /** It has said something that was not heard, or been there before it was heard of. */
  missed(): void;
}

/** The other gateways, as far as they are heard. */
export class Peers {
  readonly #ownId: string;
  readonly #events: PeersEvents;
  readonly #clock: () => number;
  readonly #peers = new Map<string, Peer>();
  #ownHeardAtMs: number;
  #checkedAtMs: number;

  constructor(ownId: string, events: PeersEvents, clock: () => number = () => performance.now()) {
    this.#ownId = ownId;
    this.#events = events;
    this.#clock = clock;
    this.#ownHeardAtMs = clock();
    this.#checkedAtMs = this.#ownHeardAtMs;
  }

  /** A sign of life. */
  heardAlive(gatewayId: string, { sequence, sessions }: { sequence: number; sessions: number }): void {
    if (gatewayId === this.#ownId) {
      const silentMs = this.#clock() - this.#ownHeardAtMs;
      this.#ownHeardAtMs += silentMs;
      // What the others said meanwhile is on its way, too.
      if (silentMs > OWN_SILENCE_MS) this.#excuse(silentMs);
      return;
    }
    const peer = this.#heard(gatewayId, sequence);
    const isUnknown = !peer.isKnown && sessions > 0;
    const hasMissed = peer.sequence !== sequence;
    peer.isKnown = true;
    peer.sequence = sequence;
    if (isUnknown || hasMissed) this.#events.missed();
  }

  /** The announcement with this number. */
  heardAnnouncement(gatewayId: string, sequence: number): void {
    const peer = this.#heard(gatewayId, sequence - 1);
    const hasMissed = peer.sequence !== sequence - 1;
    peer.sequence = sequence;
    if (hasMissed) this.#events.missed();
  }

  heardGoodbye(gatewayId: string): void {
    if (this.#peers.delete(gatewayId)) this.#events.gone(gatewayId);
  }

  /** Takes out who is silent. To be called several times a second while connected. */
  check(): void {
    const now = this.#clock();
    const lateMs = now - this.#checkedAtMs;
    this.#checkedAtMs = now;
    if (lateMs > LATE_CHECK_MS) this.#excuse(lateMs);
    if (now - this.#ownHeardAtMs > OWN_SILENCE_MS) return;
    for (const [gatewayId, { heardAtMs }] of this.#peers) {
      if (now - heardAtMs >= SILENCE_MS) this.heardGoodbye(gatewayId);
    }
  }

  /** A time in which nobody could be heard. */
  #excuse(silentMs: number): void {
    for (const peer of this.#peers.values()) peer.heardAtMs += silentMs;
  }

  #heard(gatewayId: string, sequence: number): Peer {
    const now = this.#clock();
    const known = this.#peers.get(gatewayId);
    if (known !== undefined) {
      known.heardAtMs = now;
      return known;
    }
    const peer = { heardAtMs: now, sequence, isKnown: false };
    this.#peers.set(gatewayId, peer);
    return peer;
  }
}
