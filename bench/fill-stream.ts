import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { RawPublisher } from './raw-publisher.ts';
import type { Broker } from './servers.ts';
import { Chunks } from './traffic.ts';

/** Between two of them the broker says that it keeps up. */
const BATCH_CHATS = 1_000;

/** Stores the same few chunks of each of many chats, as an evening leaves them. */
export async function fillStream(broker: Broker, chats: number, chunksOfEach: number): Promise<void> {
  await using connection = await connect({ servers: broker.url });
  const manager = await jetstreamManager(connection);
  const stored = async (): Promise<number> => (await manager.streams.info('SESSIONS')).state.messages;
  const wanted = (await stored()) + chats * chunksOfEach;
  using publisher = await RawPublisher.connect(broker.url);
  for (let chat = 0; chat < chats; chat += 1) {
    const block = new Chunks(`filler-${String(chat)}`).next();
    for (let chunk = 0; chunk < chunksOfEach; chunk += 1) publisher.publish(block);
    if (chat % BATCH_CHATS === BATCH_CHATS - 1) await publisher.taken();
  }
  await publisher.taken();
  while ((await stored()) < wanted) await delay(100);
}
