import type { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import type { GatewayConfig } from '../config.ts';
import type { GatewayEvents } from '../events.ts';
import { Expiries } from './expiries.ts';
import { FlushQueue } from './outbox.ts';

/** What all sockets of a gateway share. */
export interface ConnectionHouse {
  readonly flushQueue: FlushQueue;
  readonly maxBackpressureBytes: number;
  /** More errors than this of one socket in a short time and it is closed. */
  readonly maxErrors: number;
  readonly expiries: Expiries;
  readonly events: GatewayEvents;
}

export function openHouse(
  owner: DisposalStack,
  config: Pick<GatewayConfig, 'MAX_BACKPRESSURE_BYTES' | 'MAX_ERRORS'>,
  events: GatewayEvents,
): ConnectionHouse {
  return {
    flushQueue: new FlushQueue(),
    maxBackpressureBytes: config.MAX_BACKPRESSURE_BYTES,
    maxErrors: config.MAX_ERRORS,
    expiries: owner.use(new Expiries()),
    events,
  };
}
