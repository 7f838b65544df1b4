import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Session } from '../../client/index.ts';
import { useInvestigation } from '../../client/react/index.ts';
import { formatMoney } from '../language/formats.ts';
import { useLanguage } from '../language/language.tsx';
import { AnomalyList } from './anomaly-list.tsx';
import { startDemo } from './demo.ts';
import { startOf } from './followed.ts';
import { readInvestigation, type InvestigationPicture } from './read-investigation.ts';
import { SeverityChart } from './severity-chart.tsx';
import { Timeline } from './timeline.tsx';

/** A publisher that runs has said something by then. */
const DEMO_PATIENCE_MS = 8_000;

interface FollowedProps {
  readonly session: Session;
  readonly id: string;
  /** It is a demo that nobody plays yet. */
  readonly isDemoWanted: boolean;
  readonly onDemoAsked: () => void;
  readonly onLeave: () => void;
}

/** One investigation as it goes on. */
export function FollowedInvestigation({ session, id, isDemoWanted, onDemoAsked, onLeave }: FollowedProps) {
  const { words } = useLanguage();
  const since = useMemo(() => startOf(id), [id]);
  const { events, isLive, error } = useInvestigation(session, id, since === undefined ? {} : { since });
  const picture = useMemo(() => readInvestigation(events), [events]);
  const demoFailed = useDemo({
    id,
    isWanted: isDemoWanted && isLive,
    onAsked: onDemoAsked,
    hasEvents: events.length > 0,
  });
  return (
    <div class="followed" data-investigation={id}>
      <header class="followed-head">
        <div>
          <p class="followed-id">{id}</p>
          <h3>{picture.title ?? words.investigation}</h3>
        </div>
        <p class="live" data-live={isLive}>
          {isLive ? words.follow.live : words.follow.joining}
        </p>
        <button type="button" class="quiet" onClick={onLeave}>
          {words.follow.stop}
        </button>
      </header>
      {error !== undefined && (
        <p class="problem" role="alert">
          {words.follow.refused}
        </p>
      )}
      {demoFailed && (
        <p class="problem" role="alert">
          {words.follow.demoFailed}
        </p>
      )}
      <Progress picture={picture} />
      <Figures picture={picture} />
      <SeverityChart totals={picture.totals} />
      <h4>{words.audit.anomalies}</h4>
      <AnomalyList anomalies={picture.anomalies} />
      <h4>{words.audit.timeline}</h4>
      <Timeline entries={picture.timeline} />
      <p class="visually-hidden" role="status">
        {announcementOf(picture, words.audit.newAnomaly)}
      </p>
    </div>
  );
}

function Progress({ picture: { percent, stage } }: { readonly picture: InvestigationPicture }) {
  const { words } = useLanguage();
  const shown = Math.round(percent ?? 0);
  return (
    <div class="progress">
      <p>
        <span class="stage">{stage ?? words.follow.waitingForEvents}</span>
        <span class="percent" aria-hidden="true">
          {percent === undefined ? '' : `${String(shown)}%`}
        </span>
      </p>
      <progress max={100} value={shown} aria-label={words.audit.progress} />
    </div>
  );
}

function Figures({ picture }: { readonly picture: InvestigationPicture }) {
  const { words } = useLanguage();
  const { contracts, anomalies, amount } = picture;
  const done = contracts === undefined ? '–' : `${String(contracts.done)}/${String(contracts.total)}`;
  return (
    <dl class="figures">
      <div>
        <dt>{words.audit.contracts}</dt>
        <dd>{done}</dd>
      </div>
      <div>
        <dt>{words.audit.anomalies}</dt>
        <dd data-fact="anomalies">{anomalies.length}</dd>
      </div>
      <div>
        <dt>{words.audit.amount}</dt>
        <dd>{formatMoney(amount)}</dd>
      </div>
    </dl>
  );
}

/** Only the grave ones are worth interrupting somebody for. */
function announcementOf({ anomalies }: InvestigationPicture, prefix: string): string {
  const grave = anomalies.filter(({ severity }) => severity === 'critical' || severity === 'high');
  const newest = grave.reduce<(typeof grave)[number] | undefined>(
    (found, each) => (found === undefined || each.time > found.time ? each : found),
    undefined,
  );
  return newest?.description === undefined ? '' : `${prefix}: ${newest.description}`;
}

interface DemoFacts {
  readonly id: string;
  /** And everything it will say can be heard. */
  readonly isWanted: boolean;
  readonly onAsked: () => void;
  readonly hasEvents: boolean;
}

/** Asks for the demo once it can be followed from its first event. @returns whether it did not begin */
function useDemo({ id, isWanted, onAsked, hasEvents }: DemoFacts): boolean {
  const [askedId, setAskedId] = useState<string>();
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (!isWanted) return;
    onAsked();
    setAskedId(id);
    setFailed(false);
    startDemo(id).catch(() => {
      setFailed(true);
    });
  }, [id, isWanted, onAsked]);
  useEffect(() => {
    if (askedId !== id || hasEvents) return undefined;
    const timer = setTimeout(() => {
      setFailed(true);
    }, DEMO_PATIENCE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [askedId, id, hasEvents]);
  return hasFailed && askedId === id && !hasEvents;
}
