import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { NatsBus } from '../shared/bus/nats-bus.ts';
import { subjects } from '../shared/bus-protocol/subjects.ts';
import { AdminServer } from '../shared/http/admin-server.ts';
import { InspectionDesk } from '../shared/inspection/inspection-desk.ts';
import { DisposalStack } from '../shared/lifecycle/disposal-stack.ts';
import { ServiceHealth } from '../shared/lifecycle/service-health.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { MetricRegistry } from '../shared/telemetry/metrics.ts';
import { openTelemetry } from '../shared/telemetry/sdk.ts';
import { createClientAddress, limitKey } from './auth/client-address.ts';
import { createOriginCheck, type OriginCheck } from './auth/origin.ts';
import { Revocations } from './auth/revocations.ts';
import { weakSecretWarning } from './auth/verification-keys.ts';
import { createTokenVerifier } from './auth/verify-token.ts';
import { composeChannels } from './compose-channels.ts';
import { allowedOrigins, tokenSettings, trustedProxies, type GatewayConfig } from './config.ts';
import { ControlLog } from './control/control-log.ts';
import { ForgetDuty } from './control/forget-duty.ts';
import { OperatorWords } from './control/operator-words.ts';
import { SessionEraser } from './control/session-eraser.ts';
import { GatewayEvents } from './events.ts';
import { AskDoor } from './http/ask-door.ts';
import { composeHttp } from './http/compose-http.ts';
import type { DemoDoor } from './http/demo-route.ts';
import { protocolDocuments } from './http/docs/documents.ts';
import { createRoutes, type GatewayFacts } from './http/routes.ts';
import { loadPage } from './http/page.ts';
import { figuresOf } from './figures.ts';
import { inspectGateway, type InspectedGateway } from './inspection/gateway-inspection.ts';
import { GatewayMetrics, observeGateway } from './metrics.ts';
import { ChatRate } from './inbound/chat-rate.ts';
import { openBus } from './open-bus.ts';
import { Broadcast } from './outbound/broadcast.ts';
import { Access } from './session/access.ts';
import { openHouse } from './session/connection-house.ts';
import { Doorway, type DoorwayOptions } from './session/doorway.ts';
import type { OpenContext } from './session/open-connection.ts';
import { BROADCAST_SHARE } from './session/outbox.ts';
import { SessionStore } from './session/session-store.ts';
import type { Transport, TransportHandler, TransportSettings } from './transport/transport.ts';
import { listen } from './transport/uws-transport.ts';

export interface Gateway extends AsyncDisposable {
  readonly port: number;
  readonly adminPort: number;
  /** Turns unready, stops accepting, sends its sockets away spread over the drain time, and closes. */
  drain(): Promise<void>;
}

/** The composition root: creates everything in order, and disposes it in reverse. */
export async function startGateway(
  config: GatewayConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<Gateway> {
  await using starting = new DisposalStack();
  const { metrics: registry, tracing } = openTelemetry('gateway');
  const events = starting.use(new GatewayEvents(logger, new GatewayMetrics(registry), tracing));
  const door = doorRules(config);
  const tokens = tokenSettings(config);
  const verifier = starting.use(await createTokenVerifier(tokens));
  warnOfWeakSecrets(tokens.jwtSecrets, events);
  const bus = await openBus(starting, config, events, signal);
  const health = starting.use(new ServiceHealth(bus, registry, events));
  const store = new SessionStore(bus);
  const revocations = new Revocations(config.MAX_TOKEN_LIFETIME_HOURS);
  const rejected = events.tokenRejected.bind(events);
  const access = new Access(accessRules(config), verifier, revocations, store, rejected);
  const ports = { bus, store, access, events, broadcast: broadcastBy(config, () => transport) };
  const { sessions, investigations } = composeChannels(starting, ports, config);
  const open: OpenContext = {
    access,
    sessions,
    inbound: {
      ...{ bus, store, investigations, access, events },
      chatRate: new ChatRate(config.MAX_CHATS_PER_MINUTE),
      maxSubscriptions: config.MAX_SUBSCRIPTIONS,
    },
    events,
  };
  const inside = { open, house: openHouse(starting, config, events), config, ...door };
  const doorway = starting.use(new Doorway({ ...inside, brokerAnswers: () => health.brokerAnswers, events }));
  const asks = new AskDoor({ ...inside, isShut: () => doorway.draining || !health.brokerAnswers });
  await hearOperators(starting, { bus, store, revocations, doorway, events });
  health.opened(() => !doorway.draining);
  observeGateway(registry, figuresOf(doorway, sessions, investigations));
  const transport = starting.use(
    await listen(transportSettings(config), {
      upgrade: (request) => doorway.upgrade(request),
      http: await httpOf({ ...door, demo: demoDoor(config, bus, door) }, doorway, asks, () => ({
        connections: doorway.connections.size,
        subscriptions: investigations.size,
        healthy: health.isReady,
      })),
      failed: (error) => {
        events.handlerFailed(error);
      },
      dropped: () => {
        events.frameDropped();
      },
    }),
  );
  const admin = starting.use(await openAdmin(config, health, registry));
  answerOperators(starting, bus, { port: transport.port, doorway, sessions, investigations }, events);
  events.listening(transport.port);
  return running(starting.move(), transport, admin, { doorway, asks }, config, events);
}

function warnOfWeakSecrets(secrets: Parameters<typeof weakSecretWarning>[0], events: GatewayEvents): void {
  const warning = weakSecretWarning(secrets);
  if (warning !== undefined) events.insecureSetting(warning);
}

function accessRules(config: GatewayConfig): ConstructorParameters<typeof Access>[0] {
  return { mode: config.AUTH_MODE, investigationAccess: config.INVESTIGATION_ACCESS };
}

/** Everything on the public port that is no socket. */
async function httpOf(
  { isAllowedOrigin, demo }: { readonly isAllowedOrigin: OriginCheck; readonly demo: DemoDoor | undefined },
  doorway: Doorway,
  asks: AskDoor,
  facts: () => GatewayFacts,
): Promise<TransportHandler['http']> {
  const pages = new Map([...(await loadPage(demo !== undefined)), ...protocolDocuments()]);
  return composeHttp(
    isAllowedOrigin,
    { follow: (request) => doorway.follow(request), ask: (request, id) => asks.ask(request, id), demo },
    createRoutes(facts, pages),
  );
}

/** Half of the share: as much again may be promised to a group when it is left. */
function broadcastBy(config: GatewayConfig, transport: () => Transport): Broadcast {
  return new Broadcast((config.MAX_BACKPRESSURE_BYTES * BROADCAST_SHARE) / 2, (group, frame) => {
    transport().publish(group, frame);
  });
}

/** The demo investigation is for those who develop: in production nobody can start it. */
function demoDoor(
  { NODE_ENV }: GatewayConfig,
  bus: NatsBus,
  { isAllowedOrigin }: Pick<DoorwayOptions, 'isAllowedOrigin'>,
): DemoDoor | undefined {
  if (NODE_ENV === 'production') return undefined;
  return {
    isAllowedOrigin,
    play: (investigationId) => {
      bus.tell(subjects.demo, JSON.stringify({ investigation_id: investigationId }));
    },
  };
}

function openAdmin(
  config: GatewayConfig,
  health: ServiceHealth,
  registry: MetricRegistry,
): Promise<AdminServer> {
  return AdminServer.start({
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    portSetting: 'ADMIN_PORT',
    isReady: () => Promise.resolve(health.isReady),
    metrics: () => registry.scrape(),
  });
}

function running(
  owned: DisposalStack,
  transport: Transport,
  admin: AdminServer,
  { doorway, asks }: { readonly doorway: Doorway; readonly asks: AskDoor },
  config: GatewayConfig,
  events: GatewayEvents,
): Gateway {
  return {
    port: transport.port,
    adminPort: admin.port,
    drain: async () => {
      events.draining(doorway.connections.size);
      // New upgrades get a 503 meanwhile, which tells a client more than a closed port.
      await doorway.drain(config.DRAIN_SECONDS * 1_000);
      transport.stopListening();
      await asks.settled();
      await owned[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Who may knock, and whom limits count. @throws ConfigError */
function doorRules(config: GatewayConfig): Pick<DoorwayOptions, 'isAllowedOrigin' | 'addressKeyOf'> {
  const addressOf = createClientAddress(trustedProxies(config));
  return {
    isAllowedOrigin: createOriginCheck(allowedOrigins(config)),
    addressKeyOf: ({ remoteAddress, forwardedFor }) => limitKey(addressOf(remoteAddress, forwardedFor)),
  };
}

/** Revocations and erasures: those so far before the first socket comes, later ones as they are said. */
async function hearOperators(
  owner: DisposalStack,
  dependencies: {
    readonly bus: NatsBus;
    readonly store: SessionStore;
    readonly revocations: Revocations;
    readonly doorway: Doorway;
    readonly events: GatewayEvents;
  },
): Promise<void> {
  const { bus, store, revocations, doorway, events } = dependencies;
  const duty = owner.use(new ForgetDuty(bus, new SessionEraser(bus, store), events));
  const words = new OperatorWords({
    revocations,
    connections: () => doorway.connections,
    onForget: (forget) => {
      duty.add(forget);
    },
    onForgotten: (sequence) => {
      duty.done(sequence);
    },
    events,
  });
  const log = owner.use(
    new ControlLog(bus, events, (message, isNews) => {
      words.hear(message, isNews);
    }),
  );
  await log.open();
}

/** What they ask with `npm run inspect`. */
function answerOperators(
  owner: DisposalStack,
  bus: NatsBus,
  gateway: Omit<InspectedGateway, 'id'>,
  events: GatewayEvents,
): void {
  const id = `${hostname()}-${String(process.pid)}-${randomBytes(3).toString('hex')}`;
  owner.use(
    new InspectionDesk(
      bus,
      (about) => inspectGateway({ id, ...gateway }, about),
      (error) => {
        events.handlerFailed(error);
      },
    ),
  );
}

function transportSettings(config: GatewayConfig): TransportSettings {
  return {
    host: config.HOST,
    port: config.PORT,
    sharedPort: config.GATEWAY_PROCESSES > 1,
    maxFrameBytes: config.MAX_MESSAGE_BYTES,
    maxBackpressureBytes: config.MAX_BACKPRESSURE_BYTES,
    idleTimeoutSeconds: config.IDLE_TIMEOUT_SECONDS,
  };
}
