import { z } from 'zod';
import { interleave, type Bench, type Experiment } from '../experiment.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { Audience } from '../fan-out-load.ts';
import { LOOP_WATCH, startBareFanOut, startBroker, startGateway, type MeasuredServer } from '../servers.ts';

const SOCKETS = 10_000;
const NOTIFICATIONS = 10;
const BLOCKED = z.object({ blockedMs: z.number() });

/**
 * How long everybody else waits while one notification goes to very many. The process itself is asked how
 * late its timers were: from outside, the driver's own reading of all those sockets would be measured.
 */
export const fanOutBlock: Experiment = {
  figures: [
    {
      name: 'fan-out-block',
      what: 'longest stand-still of the event loop by one notification to 10,000 sockets',
      unit: 'ms',
      reference: 'bare app.publish',
      bar: { of: 'value', limit: 20 },
    },
  ],
  measure: async ({ trees, rounds }: Bench) => {
    await using servers = new DisposalStack();
    const broker = servers.use(await startBroker());
    const watched = { preload: LOOP_WATCH, env: { HEARTBEAT_INTERVAL_MS: '3600000' } };
    const gateways: MeasuredServer[] = [];
    for (const tree of trees) gateways.push(servers.use(await startGateway(broker, tree, watched)));
    const bare = servers.use(await startBareFanOut(broker, watched));
    const [reference = [], ...ours] = await interleave(
      rounds,
      [bare, ...gateways].map((server) => async () => {
        using audience = await Audience.open(broker, server, SOCKETS);
        const blockedMs: number[] = [];
        for (let count = 0; count < NOTIFICATIONS; count += 1) {
          await server.ask('since the last time');
          await audience.notify();
          blockedMs.push(BLOCKED.parse(await server.ask('at most')).blockedMs);
        }
        return Math.max(...blockedMs);
      }),
    );
    return {
      'fan-out-block': {
        reference,
        ours,
        note: `each round: the worst of ${String(NOTIFICATIONS)} notifications`,
      },
    };
  },
};
