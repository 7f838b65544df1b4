import { setTimeout as delay } from 'node:timers/promises';
import type { Link } from '../network/link.ts';
import type { Slot } from '../parts/slot.ts';
import type { World } from '../parts/world.ts';
import type { Fault, FaultKind, FaultyLink, LinkFault, Trigger } from './fault-plan.ts';
import type { ChatId, Moment } from './moments.ts';
import type { ChatPlan } from './chat-plan.ts';
import type { Plan } from './plan.ts';

export interface FiredFault {
  readonly kind: FaultKind;
  readonly target: string;
  readonly atMs: number;
  readonly endsAtMs: number;
}

type Target = { readonly slot: Slot; readonly clientLink: Link | undefined };

/** Does to a world what a plan says, each fault when its trigger comes. */
export class FaultRunner {
  readonly fired: FiredFault[] = [];
  readonly #world: World;
  readonly #plan: Plan;
  readonly #waiting = new Map<Fault, readonly (() => void)[]>();
  readonly #under: Promise<void>[] = [];
  /** Who had each chat last, by session and request, as a process id. */
  readonly #claimants = new Map<string, number>();

  constructor(world: World, plan: Plan) {
    this.#world = world;
    this.#plan = plan;
  }

  arm(): void {
    for (const fault of this.#plan.faults) {
      const { trigger } = fault;
      if (trigger.by === 'stored') {
        this.#waiting.set(fault, []);
        continue;
      }
      const pattern = wirePattern(trigger, this.#idOf(trigger));
      const isGateways = pattern.side === 'gateway';
      const slots = isGateways ? this.#world.gateways.map(({ slot }) => slot) : this.#world.workers;
      const unwatch = slots.map((slot) =>
        slot.brokerLink.watch(pattern.text, trigger.phase, () => this.#fire(fault, slot)),
      );
      this.#waiting.set(fault, unwatch);
    }
  }

  /** What does not fire any more: the chats are over. */
  disarm(): void {
    for (const unwatch of this.#waiting.values()) for (const forget of unwatch) forget();
    this.#waiting.clear();
  }

  /** Something was stored. */
  onMoment(moment: Moment, of: ChatId, worker: string | undefined): void {
    if (worker !== undefined) this.#claimants.set(keyOf(of), Number(worker.split('-').at(-2)));
    for (const fault of [...this.#waiting.keys()]) {
      const { trigger } = fault;
      if (keyOf(this.#idOf(trigger)) !== keyOf(of)) continue;
      const isMissed = moment.name === 'end' && trigger.moment.name !== 'ack';
      if (isMissed || (trigger.by === 'stored' && hasCome(trigger.moment, moment))) {
        void this.#fire(fault, undefined);
      }
    }
  }

  /** Resolves when everything that was done is over. */
  async over(): Promise<void> {
    await Promise.all(this.#under);
  }

  async #fire(fault: Fault, there: Slot | undefined): Promise<void> {
    const unwatch = this.#waiting.get(fault);
    if (unwatch === undefined) return;
    this.#waiting.delete(fault);
    for (const forget of unwatch) forget();
    const target = this.#targetOf(fault, there);
    const atMs = performance.now();
    const { kind, durationMs } = fault;
    const name = kind.startsWith('broker') ? 'broker' : target.slot.name;
    this.fired.push({ kind, target: name, atMs, endsAtMs: atMs + durationMs });
    this.#under.push(delay(durationMs));
    await this.#act(fault, target);
  }

  /** Resolves when what waits at the trigger may go on. */
  async #act({ kind, durationMs, bytes }: Fault, { slot, clientLink }: Target): Promise<void> {
    const world = this.#world;
    switch (kind) {
      case 'gateway killed':
      case 'worker killed':
        return slot.kill(durationMs);
      case 'gateway terminated':
      case 'worker terminated':
        return slot.terminate(durationMs);
      case 'gateway asleep':
      case 'worker asleep':
        slot.freeze(durationMs);
        return delay(durationMs);
      case 'broker killed':
        return this.#endBroker('kill', durationMs);
      case 'broker terminated':
        return this.#endBroker('stop', durationMs);
      case 'broker asleep':
        this.#under.push(world.freezeBroker(durationMs));
        return undefined;
      default: {
        const [where, what] = kind.split(' ') as [FaultyLink, LinkFault];
        const link = where === 'clients-gateway' ? clientLink : slot.brokerLink;
        if (link === undefined) throw new Error(`${kind} has no link`);
        if (where !== 'clients-gateway') world.disturb();
        this.#breakLink(link, what, durationMs, bytes);
        return undefined;
      }
    }
  }

  async #endBroker(how: 'kill' | 'stop', downMs: number): Promise<void> {
    const ended = this.#world.endBroker(how, downMs);
    this.#under.push(ended);
    await Promise.race([ended, delay(downMs)]);
  }

  #breakLink(link: Link, what: LinkFault, durationMs: number, bytes: number): void {
    if (what === 'reset') {
      link.resetAfter(bytes);
      return;
    }
    if (what === 'cut') link.cut();
    else if (what === 'silent') link.silence();
    else link.hold();
    this.#under.push(
      delay(durationMs).then(() => {
        if (what === 'slow') link.release();
        else link.heal();
      }),
    );
  }

  #targetOf(fault: Fault, there: Slot | undefined): Target {
    const { kind, trigger } = fault;
    const { gateways, workers } = this.#world;
    const chat = this.#chat(trigger);
    if (kind.startsWith('worker')) {
      const claimant = workers.findIndex(
        ({ process }) => process.pid === this.#claimants.get(keyOf(this.#idOf(trigger))),
      );
      const here = there !== undefined && workers.includes(there) ? workers.indexOf(there) : claimant;
      const index = fault.which === 'there' ? Math.max(0, here) : fault.which;
      return { slot: workers[index] ?? fail(), clientLink: undefined };
    }
    const asked = this.#plan.sessions[chat.session]?.tabs[chat.askers[0] ?? 0]?.gateway ?? 0;
    const seen = gateways.findIndex(({ slot }) => slot === there);
    const index = fault.which === 'there' ? (seen >= 0 ? seen : asked) : fault.which;
    return gateways[index] ?? fail();
  }

  #idOf(trigger: Trigger): ChatId {
    const { session, requestId } = this.#chat(trigger);
    return { sessionId: this.#plan.sessions[session]?.id ?? fail(), requestId };
  }

  #chat({ chat }: Trigger): ChatPlan {
    return this.#plan.chats[chat] ?? fail();
  }
}

function keyOf({ sessionId, requestId }: ChatId): string {
  return `${sessionId}.${requestId}`;
}

function hasCome(wanted: Moment, seen: Moment): boolean {
  if (wanted.name === 'chunk')
    return seen.name === 'end' || (seen.name === 'chunk' && seen.index >= wanted.index);
  return seen.name === wanted.name;
}

function wirePattern(
  { moment }: Extract<Trigger, { by: 'wire' }>,
  { sessionId, requestId }: ChatId,
): { readonly side: 'gateway' | 'worker'; readonly text: string } {
  switch (moment.name) {
    case 'request':
      return { side: 'gateway', text: ` chat.request.${sessionId}.${requestId} ` };
    case 'accepted':
      return { side: 'gateway', text: ` session.${sessionId}.chat.${requestId} ` };
    case 'claim':
      return { side: 'worker', text: ` session.${sessionId}.chat.${requestId} ` };
    case 'chunk':
      return { side: 'worker', text: `"request_id":"${requestId}","chunk_index":${moment.index}}` };
    case 'end':
      return { side: 'worker', text: `"status":"completed","request_id":"${requestId}"` };
    case 'ack':
      return { side: 'worker', text: '\r\n+ACK' };
  }
}

function fail(): never {
  throw new Error('the plan names what is not there');
}
