import type { Broker } from './broker.ts';
import { IS_CLUSTER } from './broker-count.ts';
import { ClusteredBroker } from './clustered-broker.ts';
import { NatsServer } from './nats-server.ts';
import { brokerMappings, TEST_SHARDS } from './test-shards.ts';

/** The broker that tests run on when it is no matter to them which. */
export function startBroker(shards = TEST_SHARDS): Promise<Broker> {
  if (IS_CLUSTER) return ClusteredBroker.start(shards.count);
  return NatsServer.start({ config: brokerMappings(shards) });
}
