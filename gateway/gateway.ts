import type { Bus } from '../shared/bus/bus.ts';
import { openNatsBus, type BusEvents, type NatsBus } from '../shared/bus/nats-bus.ts';
import { channelIdOf, subjects } from '../shared/bus-protocol/subjects.ts';
import { streamDefinitions } from '../shared/bus-protocol/streams.ts';
import { brokerSettings, streamSettings } from '../shared/config/read-env.ts';
import { AdminServer } from '../shared/http/admin-server.ts';
import { DisposalStack } from '../shared/lifecycle/disposal-stack.ts';
import { ServiceHealth } from '../shared/lifecycle/service-health.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { openTelemetry } from '../shared/telemetry/sdk.ts';
import { createClientAddress, limitKey } from './auth/client-address.ts';
import { createOriginCheck } from './auth/origin.ts';
import { Revocations } from './auth/revocations.ts';
import { weakSecretWarning } from './auth/verification-keys.ts';
import { createTokenVerifier } from './auth/verify-token.ts';
import { allowedOrigins, tokenSettings, trustedProxies, type GatewayConfig } from './config.ts';
import { ControlLog } from './control/control-log.ts';
import { ForgetDuty } from './control/forget-duty.ts';
import { OperatorWords } from './control/operator-words.ts';
import { SessionEraser } from './control/session-eraser.ts';
import { GatewayEvents } from './events.ts';
import { AskDoor } from './http/ask-door.ts';
import { composeHttp } from './http/compose-http.ts';
import { createRoutes, type GatewayFacts } from './http/routes.ts';
import { loadPage } from './http/page.ts';
import { figuresOf } from './figures.ts';
import { GatewayMetrics, observeGateway } from './metrics.ts';
import type { ChannelStream } from './outbound/channel.ts';
import { ChatRate } from './inbound/chat-rate.ts';
import { InvestigationChannels } from './outbound/investigation-channels.ts';
import { SharedReads } from './outbound/shared-reads.ts';
import { SettleClock } from './outbound/settle-clock.ts';
import { Presence } from './presence/presence.ts';
import { Access } from './session/access.ts';
import { Doorway, type DoorwayOptions } from './session/doorway.ts';
import type { OpenContext } from './session/open-connection.ts';
import { SessionStore } from './session/session-store.ts';
import { Sessions } from './session/sessions.ts';
import { SessionWatch } from './session/watch-sessions.ts';
import type { Transport, TransportSettings } from './transport/transport.ts';
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
  const warning = weakSecretWarning(tokens.jwtSecrets);
  if (warning !== undefined) events.insecureSetting(warning);
  const bus = await openBus(starting, config, events, signal);
  const health = starting.use(new ServiceHealth(bus, registry, events));
  const store = new SessionStore(bus);
  const revocations = new Revocations(config.MAX_TOKEN_LIFETIME_HOURS);
  const access = new Access(
    { mode: config.AUTH_MODE, investigationAccess: config.INVESTIGATION_ACCESS },
    verifier,
    revocations,
    store,
    (reason) => {
      events.tokenRejected(reason);
    },
  );
  const { sessions, investigations } = composeChannels(starting, bus, store, access, events);
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
  const doorway = starting.use(
    new Doorway({ open, config, ...door, brokerAnswers: () => health.brokerAnswers, events }),
  );
  const asks = new AskDoor({
    open,
    config,
    ...door,
    isShut: () => doorway.draining || !health.brokerAnswers,
  });
  await hearOperators(starting, { bus, store, revocations, doorway, events });
  health.opened(() => !doorway.draining);
  observeGateway(registry, figuresOf(doorway, sessions, investigations));
  const facts = (): GatewayFacts => ({
    connections: doorway.connections.size,
    subscriptions: investigations.size,
    healthy: health.isReady,
  });
  const transport = starting.use(
    await listen(transportSettings(config), {
      upgrade: (request) => doorway.upgrade(request),
      http: composeHttp(
        door.isAllowedOrigin,
        { follow: (request) => doorway.follow(request), ask: (request, id) => asks.ask(request, id) },
        createRoutes(facts, await loadPage()),
      ),
      failed: (error) => {
        events.handlerFailed(error);
      },
    }),
  );
  const admin = starting.use(
    await AdminServer.start({
      host: config.ADMIN_HOST,
      port: config.ADMIN_PORT,
      portSetting: 'ADMIN_PORT',
      isReady: () => Promise.resolve(health.isReady),
      metrics: () => registry.scrape(),
    }),
  );
  events.listening(transport.port);
  return running(starting.move(), transport, admin, { doorway, asks }, config, events);
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

async function openBus(
  owner: DisposalStack,
  config: GatewayConfig,
  events: GatewayEvents,
  signal: AbortSignal,
): Promise<NatsBus> {
  const busEvents: BusEvents = {
    waitingForBroker: (error) => {
      events.waitingForBroker(error);
    },
    statusChanged: (status) => {
      events.brokerStatus(status);
    },
    handlerFailed: (_subject, error) => {
      events.handlerFailed(error);
    },
    publishRetried: () => {
      events.publishRetried();
    },
  };
  const bus = owner.use(await openNatsBus(brokerSettings(config), 'gateway', busEvents, signal));
  events.brokerVersion(bus.serverVersion);
  await bus.ensureStreams(streamDefinitions(streamSettings(config)), {
    replicas: config.STREAM_REPLICAS,
    ackWaitMs: config.ACK_WAIT_MS,
  });
  return bus;
}

/** The outbound side: channels, the sessions on them, and what keeps both whole. */
export function composeChannels(
  owner: DisposalStack,
  bus: Bus,
  store: SessionStore,
  access: Access,
  events: GatewayEvents,
): { sessions: Sessions; investigations: InvestigationChannels } {
  const settleClock = owner.use(new SettleClock(bus));
  const dependencies = {
    bus,
    settleClock,
    events,
    reads: {
      SESSIONS: sharedReads(bus, 'SESSIONS', subjects.anySessionChannel, events),
      INVESTIGATIONS: sharedReads(bus, 'INVESTIGATIONS', subjects.anyInvestigationChannel, events),
    },
  };
  const investigations = owner.use(new InvestigationChannels(dependencies));
  const presence = owner.use(new Presence(bus));
  const sessions = owner.use(new Sessions(store, investigations, access, presence, dependencies));
  owner.use(new SessionWatch(bus, sessions, investigations, store, events));
  owner.defer(
    bus.onStatus((status) => {
      settleClock.onBrokerStatus(status);
      if (status === 'connected') void sessions.reloadAll();
    }),
  );
  owner.defer(bus.onLeaderElected('SESSION_STATE', () => void sessions.reloadAll()));
  for (const stream of ['SESSIONS', 'INVESTIGATIONS'] as const) {
    owner.defer(
      bus.onLeaderElected(stream, () => {
        settleClock.catchUpAll();
      }),
    );
  }
  return { sessions, investigations };
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

function sharedReads(
  bus: Bus,
  stream: ChannelStream,
  wholeFilter: string,
  events: GatewayEvents,
): SharedReads {
  return new SharedReads({
    bus,
    stream,
    wholeFilter,
    channelOf: channelIdOf,
    onRead: () => {
      events.streamRead(stream);
    },
  });
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
