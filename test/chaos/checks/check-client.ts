import { z } from 'zod';
import { isForClients, typeOfLogEvent } from '../../../shared/bus-protocol/chat-log.ts';
import { parseSessionSubject } from '../../../shared/bus-protocol/subjects.ts';
import { decodeCursor } from '../../../shared/channel/position.ts';
import type { Journal, Received } from '../clients/journal.ts';
import type { Stored } from '../trial/broker-log.ts';
import type { Findings } from './check.ts';

const withId = z.looseObject({ id: z.string() });
const withMark = z.looseObject({ mark: z.string() });

/** One stored event as a client has to get it. */
export interface Expected {
  readonly key: string;
  readonly subject: string;
  readonly sequence: number;
}

/** What a client that started at a cursor has to get of what is stored in its channel. */
export function expectedOf(stored: readonly Stored[], startedAt: string): Expected[] {
  const position = decodeCursor(startedAt);
  if (position === undefined) throw new Error(`${startedAt} is no cursor`);
  const { base, above } = position;
  const covered = new Map<string, number>();
  for (const { subject, sequence } of stored) if (above.includes(sequence)) covered.set(subject, sequence);
  return stored.flatMap((message) => {
    const { subject, sequence } = message;
    const key = keyOf(message);
    const isOld = sequence <= base || sequence <= (covered.get(subject) ?? 0);
    return key === undefined || isOld ? [] : [{ key, subject, sequence }];
  });
}

/** Each expected event once, in the order of its subject, and no other (I1, I3, I6, I7). `mayRepeat`: once more is counted only. */
export function checkClient(
  name: string,
  channel: string,
  expected: readonly Expected[],
  journal: Journal,
  findings: Findings,
  mayRepeat = false,
): void {
  const places = new Map(expected.map((event) => [event.key, event]));
  const seen = new Set<string>();
  const lastOf = new Map<string, number>();
  for (const received of journal.of(channel)) {
    const key = keyOfReceived(received);
    const place = places.get(key);
    if (place === undefined) {
      findings.violations.push(`${name}: ${received.type} ${key} on ${channel} is not stored for it (I7)`);
      continue;
    }
    if (seen.has(key)) {
      findings.repeated += 1;
      if (!mayRepeat) {
        findings.violations.push(`${name}: ${received.type} ${place.sequence} on ${channel} came twice`);
      }
      continue;
    }
    seen.add(key);
    if (place.sequence < (lastOf.get(place.subject) ?? 0)) {
      findings.reordered += 1;
      findings.violations.push(`${name}: ${received.type} ${place.sequence} on ${channel} came too late`);
    }
    lastOf.set(place.subject, place.sequence);
  }
  for (const { key, subject, sequence } of expected) {
    if (seen.has(key)) continue;
    findings.lost += 1;
    findings.violations.push(`${name}: ${sequence} of ${subject} never came`);
  }
}

/** Whether as much has come as is expected. */
export function hasAll(channel: string, expected: readonly Expected[], journal: Journal): boolean {
  const received = new Set(journal.of(channel).map(keyOfReceived));
  return expected.every(({ key }) => received.has(key));
}

function keyOf({ subject, text }: Stored): string | undefined {
  const session = parseSessionSubject(subject);
  if (session?.kind === 'cancel') return undefined;
  if (session?.kind !== 'chat') return withMark.parse(JSON.parse(text)).mark;
  const type = typeOfLogEvent(Buffer.from(text));
  if (type === undefined || !isForClients(type)) return undefined;
  return withId.parse(JSON.parse(text)).id;
}

function keyOfReceived({ id, type, data }: Received): string {
  if (type === 'anomaly_detected') return withMark.parse(data['details']).mark;
  const isStrangers = type === 'notification' || type.startsWith('investigation_');
  return isStrangers ? withMark.parse(data).mark : id;
}
