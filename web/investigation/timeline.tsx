import { formatTime } from '../language/formats.ts';
import { useLanguage } from '../language/language.tsx';
import type { TimelineEntry } from './read-investigation.ts';

/** More are not looked at, and cost every update. */
const MAX_ENTRIES = 60;

/** What happened, the newest first, with a mark where something is missing. */
export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const { words } = useLanguage();
  const earlier = entries.length - MAX_ENTRIES;
  return (
    <>
      <ol class="timeline" reversed>
        {entries.slice(0, MAX_ENTRIES).map((entry) => (
          <Entry key={entry.key} entry={entry} />
        ))}
      </ol>
      {earlier > 0 && <p class="nothing">{words.audit.more(earlier)}</p>}
    </>
  );
}

function Entry({ entry }: { readonly entry: TimelineEntry }) {
  const { code, words } = useLanguage();
  if (entry.kind === 'gap') return <li class="gap">{words.audit.gap}</li>;
  const { name, text, severity, time } = entry;
  const kinds: Readonly<Record<string, string>> = words.audit.kinds;
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : name;
  return (
    <li data-kind={name} data-severity={severity}>
      <time dateTime={time}>{formatTime(time, code)}</time>
      <span class="timeline-text">
        <span class="kind">{kind}</span>
        {text !== undefined && <> {text}</>}
      </span>
    </li>
  );
}
