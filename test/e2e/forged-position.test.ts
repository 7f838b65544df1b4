import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { System } from '../support/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
});
afterAll(() => system[Symbol.asyncDispose]());

it('takes positions from the broker only, whatever headers a publisher sets', async () => {
  const investigation = freshId('INV');
  const subject = `investigation.${investigation}.progress`;
  await using socket = await system.openInvestigation(investigation);
  await system.publisher.store(subject, { step: 1 });
  await system.publisher.store(
    subject,
    { step: 2 },
    { 'Nats-Sequence': '900000000', 'Nats-Last-Sequence': '0', 'Nats-Subject': 'session.x.notification' },
  );
  await system.publisher.store(subject, { step: 3, city: 'São Paulo' });
  const seen = await socket.until(({ data }) => data['step'] === 3);
  expect(seen.map(({ data }) => data['step'])).toEqual([1, 2, 3]);
  // A cursor that believed the forged number would lose what comes next.
  const last = seen.at(-1)?.cursor ?? '';
  await socket.cut();
  await system.publisher.store(subject, { step: 4 });
  await using back = await system.openInvestigation(investigation, { since: last });
  expect((await back.next('investigation_progress')).data['step']).toBe(4);
});

it('takes nothing from a live subject that the broker did not republish', async () => {
  const investigation = freshId('INV');
  await using socket = await system.openInvestigation(investigation);
  system.publisher.publish(`live.investigation.${investigation}.progress`, { forged: true });
  system.publisher.publish(`live.investigation.${investigation}.progress`, '');
  await system.publisher.flush();
  await system.publisher.store(`investigation.${investigation}.progress`, { step: 1 });
  const seen = await socket.until(({ type }) => type === 'investigation_progress');
  expect(seen.map(({ data }) => data['step'])).toEqual([1]);
});
