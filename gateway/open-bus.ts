import { openNatsBus, type BusEvents, type NatsBus } from '../shared/bus/nats-bus.ts';
import { streamDefinitions } from '../shared/bus-protocol/streams.ts';
import { brokerSettings, streamSettings } from '../shared/config/read-env.ts';
import type { DisposalStack } from '../shared/lifecycle/disposal-stack.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayEvents } from './events.ts';

/** Connects to the broker and makes sure that its streams are there. @throws BrokerSetupError, UnavailableError */
export async function openBus(
  owner: DisposalStack,
  config: GatewayConfig,
  events: GatewayEvents,
  signal: AbortSignal,
): Promise<NatsBus> {
  const busEvents: BusEvents = {
    waitingForBroker: (error) => {
      events.waitingForBroker(error);
    },
    statusChanged: (status) => {
      events.brokerStatus(status);
    },
    handlerFailed: (_subject, error) => {
      events.handlerFailed(error);
    },
    publishRetried: () => {
      events.publishRetried();
    },
  };
  const bus = owner.use(await openNatsBus(brokerSettings(config), 'gateway', busEvents, signal));
  events.brokerVersion(bus.serverVersion);
  const settings = { replicas: config.STREAM_REPLICAS, ackWaitMs: config.ACK_WAIT_MS };
  await bus.ensureStreams(streamDefinitions(streamSettings(config)), settings, signal);
  await bus.checkMapping(signal);
  return bus;
}
