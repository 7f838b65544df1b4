import type { Session, Status } from '../../client/index.ts';
import { useLanguage } from '../language/language.tsx';
import { leaveSession } from '../session/open-session.ts';
import { useConnection } from './use-connection.ts';

/** State of the connection, and what it went through. */
export function ConnectionBar({ session }: { readonly session: Session }) {
  const { words } = useLanguage();
  const { status, isOffline, reconnects, resumedEvents, roundTripMs, participants } = useConnection(session);
  const { connection } = words;
  const shown = shownState(status, isOffline);
  return (
    <section class="connection" aria-label={connection.label}>
      <p class="connection-state" role="status" data-state={shown}>
        {connection[shown]}
      </p>
      <dl>
        <Fact name="reconnects" label={connection.reconnects} value={String(reconnects)} />
        <Fact
          name="resumed"
          label={connection.resumed}
          value={String(resumedEvents)}
          hint={connection.resumedHint}
        />
        <Fact
          name="round-trip"
          label={connection.roundTrip}
          value={roundTripMs === undefined ? '–' : `${String(Math.max(1, Math.round(roundTripMs)))} ms`}
        />
        <Fact
          name="participants"
          label={connection.participants}
          value={String(participants)}
          hint={connection.participantsHint}
        />
      </dl>
      <button type="button" class="quiet" onClick={leaveSession}>
        {connection.newSession}
      </button>
    </section>
  );
}

interface FactProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
}

function Fact({ name, label, value, hint }: FactProps) {
  return (
    <div title={hint}>
      <dt>{label}</dt>
      <dd data-fact={name}>{value}</dd>
    </div>
  );
}

/** An open connection is open, whatever the browser thinks of the network. */
function shownState({ state }: Status, isOffline: boolean): Status['state'] | 'offline' {
  return isOffline && (state === 'connecting' || state === 'waiting') ? 'offline' : state;
}
