import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { freePorts } from '../support/free-ports.ts';
import { inTime } from '../support/eventually.ts';
import type { Broker } from '../support/broker.ts';
import { startBroker } from '../support/start-broker.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { SocketClient } from '../support/socket-client.ts';
import { testEnvironment } from '../support/test-environment.ts';

/** Long enough that no drain here is over before somebody gets impatient. */
const DRAIN_SECONDS = '60';
/** Later than this a second signal is impatience; npm sends the first one twice. */
const IMPATIENCE_MS = 1_000;
const SOON_MS = 5_000;

const owned = new DisposalStack();
let nats: Broker;
beforeAll(async () => {
  nats = owned.use(await startBroker());
});
afterAll(() => owned[Symbol.asyncDispose]());

describe('a gateway that drains', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'does not mind %s twice in a row, and ends at once at one more than a second later',
    async (signal) => {
      const [port = 0, adminPort = 0] = await freePorts(2);
      const ports = { PORT: String(port), ADMIN_PORT: String(adminPort) };
      await using gateway = new ServiceProcess(
        'gateway',
        testEnvironment(nats.url, { ...ports, DRAIN_SECONDS }),
      );
      await gateway.logged('listening');
      const sockets = await Promise.all(
        ['first', 'second'].map((session) =>
          SocketClient.connect(`ws://127.0.0.1:${port}/ws/chat/${session}`),
        ),
      );
      await Promise.all(sockets.map((socket) => socket.next('connection')));

      gateway.signal(signal);
      gateway.signal(signal);
      await gateway.logged('draining');
      await delay(IMPATIENCE_MS + 100);
      expect((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status).toBe(503);
      expect((await fetch(`http://127.0.0.1:${adminPort}/healthz`)).status).toBe(200);

      gateway.signal(signal);
      expect(await inTime(gateway.exited(), () => 'it still runs', SOON_MS)).toBe(1);
      await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()));
    },
  );
});
