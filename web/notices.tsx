import { useEffect, useState } from 'preact/hooks';
import type { Session } from '../client/index.ts';
import { textField } from './investigation/stranger-body.ts';
import { useLanguage } from './language/language.tsx';

const MAX_NOTICES = 3;

interface Notice {
  readonly key: string;
  readonly text: string;
}

/** What other services tell this session. */
export function Notices({ session }: { readonly session: Session }) {
  const { words } = useLanguage();
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  useEffect(
    () =>
      session.on('notification', ({ id, data }) => {
        const text = textField(data, ['message', 'mensagem', 'title', 'titulo', 'text', 'body']);
        setNotices((before) =>
          [...before, { key: id, text: text ?? JSON.stringify(data) }].slice(-MAX_NOTICES),
        );
      }),
    [session],
  );
  return (
    <div class="notices" role="status" aria-label={words.notification}>
      {notices.map(({ key, text }) => (
        <p key={key}>
          <span>
            <strong>{words.notification}:</strong> {text}
          </span>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              setNotices((before) => before.filter((notice) => notice.key !== key));
            }}
          >
            {words.dismiss}
          </button>
        </p>
      ))}
    </div>
  );
}
