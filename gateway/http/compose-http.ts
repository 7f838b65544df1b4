import type { OriginCheck } from '../auth/origin.ts';
import type { HttpReply, RequestFacts } from '../transport/transport.ts';
import { withCors } from './cors.ts';
import { createDemoRoute, type DemoDoor } from './demo-route.ts';
import { createEventRoutes, type EventDoors } from './event-routes.ts';

/** Every plain request of the public port: events over HTTP first, then what is the same for everybody. */
export function composeHttp(
  isAllowedOrigin: OriginCheck,
  doors: EventDoors & { readonly demo: DemoDoor | undefined },
  routes: (request: RequestFacts) => HttpReply,
): (request: RequestFacts) => HttpReply {
  const eventRoutes = createEventRoutes(doors);
  const demoRoute = doors.demo === undefined ? undefined : createDemoRoute(doors.demo);
  return withCors(
    isAllowedOrigin,
    (request) => eventRoutes(request) ?? demoRoute?.(request) ?? routes(request),
  );
}
