import { useRef, useState } from 'preact/hooks';
import { useLanguage } from '../language/language.tsx';
import { AGENTS } from './agents.ts';

const MAX_CHARACTERS = 16_000;

interface ComposerProps {
  readonly isAnswering: boolean;
  readonly onSend: (message: string, agentId: string | undefined) => void;
  readonly onStop: () => void;
}

/** Where questions are written. Enter sends, Shift+Enter begins a line, Escape stops the answer. */
export function Composer({ isAnswering, onSend, onStop }: ComposerProps) {
  const { words } = useLanguage();
  const [text, setText] = useState('');
  const [agentId, setAgentId] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  const message = text.trim();
  const isTooLong = Array.from(message).length > MAX_CHARACTERS;

  const send = (): void => {
    if (message === '' || isTooLong) return;
    onSend(message, agentId === '' ? undefined : agentId);
    setText('');
    input.current?.focus();
  };
  const keyPressed = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && isAnswering) onStop();
    // While a character is being composed, Enter is the input method's.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label for="question" class="visually-hidden">
        {words.chat.label}
      </label>
      <textarea
        id="question"
        ref={input}
        rows={2}
        value={text}
        placeholder={words.chat.placeholder}
        aria-invalid={isTooLong}
        aria-describedby={isTooLong ? 'question-problem' : undefined}
        onInput={(event) => {
          setText(event.currentTarget.value);
        }}
        onKeyDown={keyPressed}
      />
      <div class="composer-row">
        <AgentChoice value={agentId} onChange={setAgentId} />
        {isTooLong && (
          <span id="question-problem" class="problem" role="alert">
            {words.chat.tooLong}
          </span>
        )}
        <Actions isAnswering={isAnswering} canSend={message !== '' && !isTooLong} onStop={onStop} />
      </div>
    </form>
  );
}

function AgentChoice({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (agentId: string) => void;
}) {
  const { words } = useLanguage();
  return (
    <label class="agent-choice">
      <span class="visually-hidden">{words.chat.agent}</span>
      <select
        value={value}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
      >
        <option value="">{words.chat.anyAgent}</option>
        {AGENTS.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ActionsProps {
  readonly isAnswering: boolean;
  readonly canSend: boolean;
  readonly onStop: () => void;
}

/** Both are always there, so that nothing moves when an answer begins or ends. */
function Actions({ isAnswering, canSend, onStop }: ActionsProps) {
  const { words } = useLanguage();
  return (
    <span class="composer-actions">
      <button type="button" class="stop" disabled={!isAnswering} onClick={onStop}>
        {words.chat.stop}
      </button>
      <button type="submit" class="primary" disabled={!canSend}>
        {words.chat.send}
      </button>
    </span>
  );
}
