import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  inspectionAnswer,
  type GatewayAnswer,
  type InspectionAnswer,
  type InspectionSubject,
  type StoredAnswer,
  type WorkerAnswer,
} from '../../bus-protocol/inspection.ts';
import { parsePayload } from '../../bus-protocol/parse-payload.ts';
import { subjects } from '../../bus-protocol/subjects.ts';
import type { Bus } from '../../bus/bus.ts';

/** What the services said within the time they had. */
export interface Answers {
  readonly gateways: readonly GatewayAnswer[];
  readonly workers: readonly WorkerAnswer[];
  /** Undefined when nobody read what is stored. */
  readonly stored: StoredAnswer | undefined;
}

/**
 * Asks every service, and one of them for what is stored. How many there are nobody knows, so it always waits
 * for as long as a busy one may take.
 */
export async function gather(
  bus: Pick<Bus, 'hear' | 'tell' | 'roundTrip'>,
  about: InspectionSubject,
  waitMs: number,
): Promise<Answers> {
  const inquiry = randomUUID();
  const answers: InspectionAnswer[] = [];
  const stopHearing = bus.hear(subjects.inspected(inquiry), ({ data }) => {
    const answer = inspectionAnswer.safeParse(parsePayload(data)).data;
    // A service of another version may say something else.
    if (answer !== undefined) answers.push(answer);
  });
  const stored = (): StoredAnswer | undefined => answers.find((answer) => answer.from === 'stored');
  const question = JSON.stringify({ inquiry, about });
  try {
    await bus.roundTrip();
    bus.tell(subjects.inspect, question);
    bus.tell(subjects.inspectStored, question);
    await delay(waitMs / 2);
    // The one that was asked may be about to die: the next is another.
    if (stored() === undefined) bus.tell(subjects.inspectStored, question);
    await delay(waitMs / 2);
  } finally {
    stopHearing();
  }
  return {
    gateways: answers.filter((answer) => answer.from === 'gateway').sort(byId),
    workers: answers.filter((answer) => answer.from === 'worker').sort(byId),
    stored: stored(),
  };
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}
