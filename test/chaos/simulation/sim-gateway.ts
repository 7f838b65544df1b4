import { Access } from '../../../gateway/session/access.ts';
import { Revocations } from '../../../gateway/auth/revocations.ts';
import { readGatewayConfig } from '../../../gateway/config.ts';
import type { GatewayEvents } from '../../../gateway/events.ts';
import { composeChannels } from '../../../gateway/compose-channels.ts';
import { Broadcast } from '../../../gateway/outbound/broadcast.ts';
import { ChatRate } from '../../../gateway/inbound/chat-rate.ts';
import { openHouse } from '../../../gateway/session/connection-house.ts';
import { Doorway } from '../../../gateway/session/doorway.ts';
import { SessionStore } from '../../../gateway/session/session-store.ts';
import { AppError } from '../../../shared/errors/app-error.ts';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { testEnvironment } from '../../support/test-environment.ts';
import { SimBus } from './sim-bus.ts';
import type { SimBroker } from './sim-broker.ts';
import type { SimSocket } from './sim-socket.ts';

/** Small, so that a few events are more than a slow reader may cost. */
export const LIMIT_BYTES = 3_000;

const config = { ...readGatewayConfig(testEnvironment('')), MAX_BACKPRESSURE_BYTES: LIMIT_BYTES };
const noTokens = {
  verify: () => Promise.reject(new AppError('NO_TOKENS', 'Nobody has one', { retryable: false })),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
const PLAIN = {
  method: 'GET',
  origin: '',
  authorization: '',
  subProtocols: 'cidadao.v1',
  forwardedFor: '',
  lastEventId: '',
  traceparent: '',
  remoteAddress: '127.0.0.1',
};

/** Its sockets take part in none. */
const noGroups = new Broadcast(0, () => undefined);

/** A gateway without a process and without uWebSockets.js: everything else is what `startGateway` makes. */
export class SimGateway {
  readonly bus: SimBus;
  readonly #owned = new DisposalStack();
  readonly #doorway: Doorway;
  readonly #sockets = new Set<SimSocket>();
  #dead = false;

  constructor(broker: SimBroker, name: string, events: GatewayEvents) {
    this.bus = new SimBus(broker, name);
    const store = new SessionStore(this.bus);
    const mode = { mode: 'off', investigationAccess: 'public' } as const;
    const access = new Access(mode, noTokens, new Revocations(1), store, () => undefined);
    const { sessions, investigations } = composeChannels(
      this.#owned,
      { bus: this.bus, store, access, broadcast: noGroups, events },
      { SESSION_LINGER_SECONDS: 1 },
    );
    const inbound = { bus: this.bus, store, investigations, access, events };
    this.#doorway = this.#owned.use(
      new Doorway({
        open: {
          access,
          sessions,
          inbound: { ...inbound, chatRate: new ChatRate(Infinity), maxSubscriptions: 10 },
          events,
        },
        house: openHouse(this.#owned, config, events),
        config,
        isAllowedOrigin: () => true,
        addressKeyOf: () => '',
        brokerAnswers: () => this.bus.status === 'connected',
        events,
      }),
    );
  }

  /** Whether the socket was let in. */
  connect(socket: SimSocket, sessionId: string, since: string | undefined): boolean {
    if (this.#dead) return false;
    const query = since === undefined ? '' : `since=${since}`;
    const answer = this.#doorway.upgrade({ ...PLAIN, path: `/ws/chat/${sessionId}`, query });
    if (!('open' in answer)) return false;
    this.#sockets.add(socket);
    socket.handler = answer.open(socket);
    return true;
  }

  /** Dies: its sockets are cut, and nothing it does gets anywhere. */
  kill(): void {
    this.#dead = true;
    this.bus.close();
    for (const socket of this.#sockets) socket.cut();
    void this.#owned[Symbol.asyncDispose]();
  }
}
