import { parseInvestigationSubject } from '../../shared/bus-protocol/subjects.ts';
import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';
import { encodeEvent, encodeInvestigationUpdate } from '../../shared/socket-protocol/server-events.ts';
import type { Span } from '../../shared/telemetry/tracing.ts';
import type { GatewayEvents } from '../events.ts';
import type { GatewayTraces } from '../traces.ts';
import type { Relay, RelayedFrames } from './channel.ts';
import { identityOf } from './event-identity.ts';
import { fittingFrame, parsePayload, PayloadError } from './stranger-payload.ts';

/** Events of investigations come from other services: checked once per message, never per socket. */
export class InvestigationRelay implements Relay {
  readonly #events: GatewayEvents;

  constructor(events: GatewayEvents) {
    this.#events = events;
  }

  frames(event: ChannelEvent, epoch: string, live: boolean): RelayedFrames {
    try {
      const durable = Buffer.from(fittingFrame(encode(event, epoch)));
      return { durable, type: isAnomaly(event) ? 'anomaly_detected' : 'investigation' };
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      if (live) this.#events.invalidPayload('INVESTIGATIONS', error.message);
      return { durable: undefined };
    }
  }

  trace(event: ChannelEvent, traces: GatewayTraces): Span | undefined {
    return traces.notification('INVESTIGATIONS', event);
  }
}

function isAnomaly({ subject }: ChannelEvent): boolean {
  return parseInvestigationSubject(subject)?.kind === 'anomaly';
}

function encode(event: ChannelEvent, epoch: string): string {
  const subject = parseInvestigationSubject(event.subject);
  if (subject === undefined) throw new PayloadError('bad id');
  const { investigationId, kind } = subject;
  const body = parsePayload(event.data);
  const identity = identityOf(event, epoch);
  if (kind !== 'anomaly') {
    const data = { ...body, investigation_id: investigationId, update_type: kind };
    return encodeInvestigationUpdate(kind, data, identity);
  }
  return encodeEvent(
    'anomaly_detected',
    {
      investigation_id: investigationId,
      severity: body['severity'] ?? 'medium',
      description: body['description'] ?? null,
      details: body,
    },
    identity,
  );
}
