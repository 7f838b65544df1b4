import { GATEWAY_METRICS } from '../shared/telemetry/metric-catalog.ts';
import type { Distribution, LabelledDistribution, MetricRegistry } from '../shared/telemetry/metrics.ts';
import { ServiceMetrics } from '../shared/telemetry/service-metrics.ts';
import type { Count, Tally } from '../shared/telemetry/tally.ts';

type Values<Name extends keyof typeof GATEWAY_METRICS> = (typeof GATEWAY_METRICS)[Name] extends {
  readonly label: { readonly values: readonly (infer Value extends string)[] };
}
  ? Value
  : never;

/** What a frame is counted as. */
export type SentType = Values<'messagesSent'>;
/** What a connection is counted as. */
export type ConnectionType = Values<'connectionsActive'>;
export type AuthReject = Values<'authRejects'>;

/** What a gateway counts. */
export class GatewayMetrics extends ServiceMetrics {
  readonly connectionsActive: Tally<Values<'connectionsActive'>>;
  readonly connections: Tally<Values<'connections'>>;
  readonly messagesSent: Tally<SentType>;
  readonly messagesReceived: Tally<Values<'messagesReceived'>>;
  readonly errors: Tally<Values<'errors'>>;
  readonly messageLatency: Distribution;
  readonly upgrades: Tally<Values<'upgrades'>>;
  readonly closes: Tally<Values<'closes'>>;
  readonly sentAway: Tally<Values<'sentAway'>>;
  readonly authRejects: Tally<AuthReject>;
  readonly lagging: Count;
  readonly lags: Count;
  readonly chatsAccepted: Tally<Values<'chatsAccepted'>>;
  readonly timeToFirstChunk: Distribution;
  readonly chatDuration: LabelledDistribution<Values<'chatDuration'>>;
  readonly streamReads: Tally<Values<'streamReads'>>;
  readonly resumes: Tally<Values<'resumes'>>;
  readonly eventsReplayed: Count;
  readonly gaps: Tally<Values<'gaps'>>;
  readonly catchUpFailures: Tally<Values<'catchUpFailures'>>;
  readonly payloadsRefused: Tally<Values<'payloadsRefused'>>;
  readonly stateFailures: Count;

  constructor(registry: MetricRegistry) {
    super(registry);
    this.connectionsActive = registry.tally(GATEWAY_METRICS.connectionsActive);
    this.connections = registry.tally(GATEWAY_METRICS.connections);
    this.messagesSent = registry.tally(GATEWAY_METRICS.messagesSent);
    this.messagesReceived = registry.tally(GATEWAY_METRICS.messagesReceived);
    this.errors = registry.tally(GATEWAY_METRICS.errors);
    this.messageLatency = registry.distribution(GATEWAY_METRICS.messageLatency);
    this.upgrades = registry.tally(GATEWAY_METRICS.upgrades);
    this.closes = registry.tally(GATEWAY_METRICS.closes);
    this.sentAway = registry.tally(GATEWAY_METRICS.sentAway);
    this.authRejects = registry.tally(GATEWAY_METRICS.authRejects);
    this.lagging = registry.count(GATEWAY_METRICS.lagging);
    this.lags = registry.count(GATEWAY_METRICS.lags);
    this.chatsAccepted = registry.tally(GATEWAY_METRICS.chatsAccepted);
    this.timeToFirstChunk = registry.distribution(GATEWAY_METRICS.timeToFirstChunk);
    this.chatDuration = registry.distributionBy(GATEWAY_METRICS.chatDuration);
    this.streamReads = registry.tally(GATEWAY_METRICS.streamReads);
    this.resumes = registry.tally(GATEWAY_METRICS.resumes);
    this.eventsReplayed = registry.count(GATEWAY_METRICS.eventsReplayed);
    this.gaps = registry.tally(GATEWAY_METRICS.gaps);
    this.catchUpFailures = registry.tally(GATEWAY_METRICS.catchUpFailures);
    this.payloadsRefused = registry.tally(GATEWAY_METRICS.payloadsRefused);
    this.stateFailures = registry.count(GATEWAY_METRICS.stateFailures);
  }
}

/** What a gateway is asked for when somebody collects. */
export interface GatewayFigures {
  readonly bufferedBytes: () => number;
  readonly runningChats: () => number;
  readonly sessions: () => number;
  readonly investigations: () => number;
}

export function observeGateway(registry: MetricRegistry, figures: GatewayFigures): void {
  registry.observe(GATEWAY_METRICS.bufferedBytes, figures.bufferedBytes);
  registry.observe(GATEWAY_METRICS.chatsActive, figures.runningChats);
  registry.observe(GATEWAY_METRICS.sessionsOpen, figures.sessions);
  registry.observe(GATEWAY_METRICS.investigationsOpen, figures.investigations);
}
