import type { Bus } from '../../shared/bus/bus.ts';
import { InspectionDesk } from '../../shared/inspection/inspection-desk.ts';
import type { WorkerEvents } from '../events.ts';
import type { RequestQueue } from '../inbound/request-queue.ts';
import type { RunningChats } from '../inbound/running-chats.ts';

export interface InspectedWorker {
  readonly id: string;
  readonly capacity: number;
  readonly queue: Pick<RequestQueue, 'isStopping'>;
  readonly chats: Pick<RunningChats, 'size' | 'turns'>;
}

/** What operators ask with `npm run inspect`. */
export function inspectionDesk(
  bus: Bus,
  { id, capacity, queue, chats }: InspectedWorker,
  events: Pick<WorkerEvents, 'handlerFailed'>,
): InspectionDesk {
  return new InspectionDesk(
    bus,
    (about) => {
      const requestId = 'request_id' in about ? about.request_id : undefined;
      const turns = 'session_id' in about ? chats.turns.of(about.session_id, requestId) : [];
      return { from: 'worker', id, draining: queue.isStopping, capacity, running: chats.size, turns };
    },
    (error) => events.handlerFailed('inspection', error),
  );
}
