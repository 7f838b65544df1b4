import { z } from 'zod';
import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import { parseInvestigationSubject, subjects } from '../../shared/bus-protocol/subjects.ts';
import type { Bus, StoredMessage } from '../../shared/bus/bus.ts';
import { isIdentifier } from '../../shared/socket-protocol/identifiers.ts';
import { MAX_NOTIFICATION_BYTES } from '../../shared/socket-protocol/limits.ts';
import type { InvestigationEvent, InvestigationReader } from '../agents/agent.ts';
import { readPatiently } from './read-patiently.ts';

/** Of a longer investigation the newest events count, so that one chat can't fill the worker's memory. */
const MAX_EVENTS = 5_000;
const MAX_BYTES = 8 * 1024 * 1024;

const object = z.record(z.string(), z.unknown());

export interface InvestigationScope {
  /** The last position of the stream that the answer may draw on. */
  readonly asOf: number;
  /** Whether the asker may know of an investigation. */
  readonly allows: (investigationId: string) => boolean;
}

/** The investigations in the broker, up to one position: whoever reads them later sees the same. */
export class StoredInvestigations implements InvestigationReader {
  readonly #bus: Bus;
  readonly #scope: InvestigationScope;

  constructor(bus: Bus, scope: InvestigationScope) {
    this.#bus = bus;
    this.#scope = scope;
  }

  /** @throws UnavailableError when the broker could not be read for half a minute */
  async events(investigationId: string, signal: AbortSignal): Promise<readonly InvestigationEvent[]> {
    if (!isIdentifier(investigationId) || !this.#scope.allows(investigationId)) return [];
    const filter = subjects.investigationChannel(investigationId);
    return (await readPatiently(() => this.#readNewest(filter, signal), signal)).flatMap(toEvent);
  }

  async #readNewest(filter: string, signal: AbortSignal): Promise<readonly StoredMessage[]> {
    const { first } = await this.#bus.bounds('INVESTIGATIONS');
    const newest: StoredMessage[] = [];
    let bytes = 0;
    const keep = (message: StoredMessage): boolean => {
      if (message.data.length > MAX_NOTIFICATION_BYTES) return true;
      newest.push(message);
      bytes += message.data.length;
      while (newest.length > MAX_EVENTS || bytes > MAX_BYTES) bytes -= newest.shift()?.data.length ?? 0;
      return true;
    };
    await this.#bus.read('INVESTIGATIONS', filter, { from: first, to: this.#scope.asOf }, keep, signal);
    return newest;
  }
}

/** What is no JSON object, or sits on a bad subject, is nothing to anybody. */
function toEvent(message: StoredMessage): InvestigationEvent[] {
  const kind = parseInvestigationSubject(message.subject)?.kind;
  const { data: body } = object.safeParse(parsePayload(message.data));
  if (kind === undefined || body === undefined) return [];
  return [{ kind, body, storedAtMs: message.storedAtMs, sequence: message.sequence }];
}
