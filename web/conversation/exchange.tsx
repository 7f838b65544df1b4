import { memo } from 'preact/compat';
import type { Exchange } from '../../client/react/index.ts';
import { useLanguage } from '../language/language.tsx';
import type { Dictionary } from '../language/portuguese.ts';
import { Markdown } from '../markdown/markdown.tsx';
import { hueOf, initialsOf } from './agents.ts';

interface ExchangeProps {
  readonly exchange: Exchange;
  readonly onResend: (exchange: Exchange) => void;
}

/** A question and its answer, as far as it is there. */
export const ExchangeItem = memo(function ExchangeItem({ exchange, onResend }: ExchangeProps) {
  const { words } = useLanguage();
  const { question, status } = exchange;
  const hasFailed = status === 'failed' || status === 'cancelled';
  return (
    <li class="exchange" data-status={status} data-request={exchange.requestId}>
      {question !== undefined && (
        <div class="question">
          <span class="visually-hidden">{words.chat.you}: </span>
          <p>{question}</p>
        </div>
      )}
      <Answer exchange={exchange} />
      {hasFailed && (
        <p class="ending">
          <span>{endingOf(exchange, words)}</span>
          {question !== undefined && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                onResend(exchange);
              }}
            >
              {words.chat.resend}
            </button>
          )}
        </p>
      )}
    </li>
  );
});

function Answer({ exchange }: { readonly exchange: Exchange }) {
  const { words } = useLanguage();
  const { answer, status, agentId, agentName } = exchange;
  const isUnended = status === 'pending' || status === 'queued' || status === 'running';
  if (answer === '' && !isUnended) return null;
  const name = agentName ?? words.chat.assistant;
  const style = { '--hue': String(hueOf(agentId ?? '')) };
  return (
    <article
      class={agentId === null ? 'answer unknown' : 'answer'}
      style={style}
      aria-busy={isUnended}
      aria-label={name}
    >
      <header>
        <span class="avatar" aria-hidden="true">
          {agentName === null ? '·' : initialsOf(name)}
        </span>
        <span class="agent-name">{name}</span>
        {isUnended && (
          <span class="state">
            {words.chat[status]}
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
          </span>
        )}
      </header>
      <Markdown text={answer} isWhole={!isUnended} />
    </article>
  );
}

function endingOf({ status, error }: Exchange, words: Dictionary): string {
  if (status === 'cancelled') return words.chat.cancelled;
  const code = error?.code ?? 'CHAT_FAILED';
  const known: Readonly<Record<string, string>> = words.errors;
  return (Object.hasOwn(known, code) ? known[code] : undefined) ?? words.errors.other;
}
