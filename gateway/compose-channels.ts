import type { Bus } from '../shared/bus/bus.ts';
import { channelIdOf, subjects } from '../shared/bus-protocol/subjects.ts';
import type { DisposalStack } from '../shared/lifecycle/disposal-stack.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayEvents } from './events.ts';
import type { Broadcast } from './outbound/broadcast.ts';
import type { ChannelStream } from './outbound/channel.ts';
import { FrameLog } from './outbound/frame-log.ts';
import { InvestigationChannels } from './outbound/investigation-channels.ts';
import { SettleClock } from './outbound/settle-clock.ts';
import { SharedReads } from './outbound/shared-reads.ts';
import { Presence } from './presence/presence.ts';
import type { Access } from './session/access.ts';
import type { SessionStore } from './session/session-store.ts';
import { Sessions } from './session/sessions.ts';
import { SessionWatch } from './session/watch-sessions.ts';

export interface ChannelParts {
  readonly bus: Bus;
  readonly store: SessionStore;
  readonly access: Access;
  readonly broadcast: Broadcast;
  readonly events: GatewayEvents;
}

/** The outbound side: channels, the sessions on them, and what keeps both whole. */
export function composeChannels(
  owner: DisposalStack,
  { bus, store, access, broadcast, events }: ChannelParts,
  config: Pick<GatewayConfig, 'SESSION_LINGER_SECONDS'>,
): { sessions: Sessions; investigations: InvestigationChannels } {
  const lingerMs = config.SESSION_LINGER_SECONDS * 1_000;
  const settleClock = owner.use(new SettleClock(bus));
  const dependencies = {
    bus,
    settleClock,
    frames: new FrameLog(),
    events,
    readsOf: readsByStream(bus, events),
  };
  const investigations = owner.use(new InvestigationChannels(dependencies, broadcast));
  const presence = owner.use(new Presence(bus));
  const sessions = owner.use(new Sessions(store, investigations, access, presence, dependencies, lingerMs));
  owner.use(new SessionWatch(bus, sessions, investigations, store, events));
  owner.defer(
    bus.onStatus((status) => {
      settleClock.onBrokerStatus(status);
      if (status === 'connected') void sessions.reloadAll();
    }),
  );
  owner.defer(bus.onLeaderElected('SESSION_STATE', () => void sessions.reloadAll()));
  for (const stream of [...bus.shards.streams, 'INVESTIGATIONS'] as const) {
    owner.defer(
      bus.onLeaderElected(stream, () => {
        settleClock.catchUpAll();
      }),
    );
  }
  return { sessions, investigations };
}

/** Each stream has its own: what waits for one does not wait for another. */
function readsByStream(bus: Bus, events: GatewayEvents): (stream: ChannelStream) => SharedReads {
  const made = new Map<ChannelStream, SharedReads>();
  return (stream) => {
    const reads = made.get(stream) ?? sharedReads(bus, stream, events);
    made.set(stream, reads);
    return reads;
  };
}

function sharedReads(bus: Bus, stream: ChannelStream, events: GatewayEvents): SharedReads {
  const wholeFilter =
    stream === 'INVESTIGATIONS' ? subjects.anyInvestigationChannel : subjects.anySessionChannel;
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
