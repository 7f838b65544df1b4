import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { Link } from '../chaos/network/link.ts';
import { ServiceProcess } from '../chaos/services/service-process.ts';
import type { Broker } from '../support/broker.ts';
import { startBroker } from '../support/start-broker.ts';

const owned = new DisposalStack();
let nats: Broker;
let link: Link;
beforeAll(async () => {
  nats = owned.use(await startBroker());
  link = owned.use(await Link.open('start', () => nats.port));
});
afterAll(() => owned[Symbol.asyncDispose]());

describe.each(['gateway', 'chat-worker'] as const)('a %s that starts', (service) => {
  test.each(['$JS.API.INFO', '$JS.API.STREAM.INFO.SESSIONS', '$JS.API.CONSUMER.INFO'])(
    'goes on when the connection ends as it asks %s',
    async (request) => {
      let wasCut = false;
      link.watch(`PUB ${request}`, 'before', () => {
        wasCut = true;
        link.cut();
        link.heal();
        return Promise.resolve();
      });
      await using started = await ServiceProcess.start(service, `127.0.0.1:${link.port}`);
      expect(wasCut).toBe(true);
      expect(started.defects).toEqual([]);
    },
  );
});
