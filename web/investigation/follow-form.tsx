import { useId, useState } from 'preact/hooks';
import { useLanguage } from '../language/language.tsx';
import { isIdentifier } from '../session/identifier.ts';
import { isDemoOffered } from './demo.ts';

interface FollowFormProps {
  readonly onFollow: (id: string) => void;
  readonly onDemo: () => void;
}

/** Which investigation to follow; in development also the demo. */
export function FollowForm({ onFollow, onDemo }: FollowFormProps) {
  const { words } = useLanguage();
  const { follow } = words;
  const [text, setText] = useState('');
  const hintId = useId();
  const id = text.trim();
  const isWrong = id !== '' && !isIdentifier(id);
  return (
    <form
      class="follow"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isIdentifier(id)) return;
        onFollow(id);
        setText('');
      }}
    >
      <label for="investigation">{follow.label}</label>
      <div class="follow-row">
        <input
          id="investigation"
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={text}
          placeholder={follow.placeholder}
          aria-invalid={isWrong}
          aria-describedby={hintId}
          onInput={(event) => {
            setText(event.currentTarget.value);
          }}
        />
        <button type="submit" class="primary" disabled={!isIdentifier(id)}>
          {follow.action}
        </button>
        {isDemoOffered() && (
          <button type="button" class="demo" title={follow.demoHint} onClick={onDemo}>
            {follow.demo}
          </button>
        )}
      </div>
      <p id={hintId} class={isWrong ? 'hint problem' : 'hint'}>
        {follow.hint}
      </p>
    </form>
  );
}
