import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';

/**
 * Id and time of an event that another service published without either: made of its place in the stream,
 * so that they are the same on every gateway and in every replay.
 */
export function identityOf(event: ChannelEvent, epoch: string): { id: string; timestampMs: number } {
  return {
    id: `${epoch}-${String(event.sequence)}`,
    timestampMs: event.storedAtMs ?? liveTimeOf(event),
  };
}

/** Brokers from 2.10 on say when they stored what they republish; with older ones it is now. */
function liveTimeOf(event: ChannelEvent): number {
  const stamp = Date.parse(event.header('Nats-Time-Stamp') ?? '');
  return Number.isNaN(stamp) ? Date.now() : stamp;
}
