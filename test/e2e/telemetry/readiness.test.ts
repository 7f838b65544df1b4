import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { Scraped } from '../../support/prometheus.ts';
import { System } from '../../support/system.ts';

describe('a service', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const adminUrls = (): readonly string[] => [
    system.gateways[0]?.adminUrl ?? '',
    system.workers[0]?.adminUrl ?? '',
  ];
  const statuses = (): Promise<number[]> =>
    Promise.all(adminUrls().map(async (url) => (await fetch(`${url}/readyz`)).status));
  const areAll = (status: number) => (found: readonly number[]) => found.every((each) => each === status);

  test('is not ready for a while after its event loop stood still', async () => {
    await eventually(statuses, areAll(200));
    const until = performance.now() + 2_500;
    while (performance.now() < until);
    expect(await statuses()).toEqual([503, 503]);
    const alive = await Promise.all(adminUrls().map(async (url) => (await fetch(`${url}/healthz`)).status));
    expect(alive).toEqual([200, 200]);
    await eventually(statuses, areAll(200));
  });

  test('is not ready while the broker is away, and counts its return', async () => {
    await eventually(statuses, areAll(200));
    const reconnects = (): Promise<(number | undefined)[]> =>
      Promise.all(adminUrls().map(async (url) => (await Scraped.of(url)).value('rt_nats_reconnects_total')));
    expect(await reconnects()).toEqual([0, 0]);
    system.nats.pause();
    try {
      await eventually(statuses, areAll(503));
    } finally {
      system.nats.resume();
    }
    await eventually(statuses, areAll(200));
    await system.nats.restart();
    await eventually(reconnects, (counts) => counts.every((count) => (count ?? 0) > 0));
    await eventually(statuses, areAll(200));
  });

  test('is not ready while a stream is missing, and says so as a metric', async () => {
    await eventually(statuses, areAll(200));
    await system.publisher.deleteStream('INVESTIGATIONS');
    await eventually(statuses, areAll(503));
    for (const url of adminUrls()) expect((await Scraped.of(url)).value('rt_ready')).toBe(0);
  });
});
