import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { remembered, remember, onRemembered } from '../session/page-memory.ts';
import { english } from './english.ts';
import { portuguese, type Dictionary } from './portuguese.ts';

type Code = 'pt-BR' | 'en';

interface Language {
  readonly code: Code;
  readonly words: Dictionary;
  /** Changes to the other one. */
  readonly change: () => void;
}

const DICTIONARIES: Readonly<Record<Code, Dictionary>> = { 'pt-BR': portuguese, en: english };

const LanguageContext = createContext<Language>({
  code: 'pt-BR',
  words: portuguese,
  change: () => undefined,
});

function rememberedCode(): Code {
  return remembered('language') === 'en' ? 'en' : 'pt-BR';
}

/** The language of all below it, in every tab the same. */
export function LanguageProvider({ children }: { readonly children: ComponentChildren }) {
  const [code, setCode] = useState(rememberedCode);
  useEffect(
    () =>
      onRemembered('language', () => {
        setCode(rememberedCode());
      }),
    [],
  );
  useEffect(() => {
    document.documentElement.lang = code;
    document.title = DICTIONARIES[code].title;
  }, [code]);
  const language = useMemo<Language>(
    () => ({
      code,
      words: DICTIONARIES[code],
      change: () => {
        const other = code === 'en' ? 'pt-BR' : 'en';
        remember('language', other);
        setCode(other);
      },
    }),
    [code],
  );
  return <LanguageContext.Provider value={language}>{children}</LanguageContext.Provider>;
}

export function useLanguage(): Language {
  return useContext(LanguageContext);
}
