import { useEffect, useRef, useState } from 'preact/hooks';
import type { Exchange } from '../../client/react/index.ts';
import { useLanguage } from '../language/language.tsx';

/** What a screen reader is told of one answer: longer ones are read in the conversation. */
const MAX_CHARACTERS = 600;
const ENDED: ReadonlySet<string> = new Set(['completed', 'cancelled', 'failed']);

/** The answer that ended last while somebody was here, as one sentence: never the pieces it came in. */
export function useAnnouncement(exchanges: readonly Exchange[]): string {
  const { words } = useLanguage();
  const [announcement, setAnnouncement] = useState('');
  const running = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const ended = exchanges.filter(
      ({ requestId, status }) => ENDED.has(status) && running.current.has(requestId),
    );
    running.current = new Set(
      exchanges.filter(({ status }) => !ENDED.has(status)).map(({ requestId }) => requestId),
    );
    const last = ended.at(-1);
    if (last === undefined) return;
    const agent = last.agentName ?? words.chat.assistant;
    if (last.status === 'failed') setAnnouncement(words.chat.failed);
    else if (last.status === 'cancelled') setAnnouncement(words.chat.stopped(agent));
    else setAnnouncement(`${words.chat.answered(agent)} ${spoken(last.answer)}`);
  }, [exchanges, words]);
  return announcement;
}

/** Without the signs of Markdown. */
function spoken(answer: string): string {
  const text = answer
    .slice(0, MAX_CHARACTERS)
    .replace(/[*_`#>|]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return answer.length > MAX_CHARACTERS ? `${text}…` : text;
}
