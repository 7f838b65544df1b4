import type { Bilingual } from '../answers/wording.ts';
import type { Language } from '../language.ts';

/** Why an answer that the server calls finished is not whole. */
type Shortening = 'length' | 'content_filter';

const afterText: Readonly<Record<Shortening, Bilingual>> = {
  length: {
    pt: '\n\n_(A resposta foi cortada aqui: chegou ao limite de tamanho do modelo.)_',
    en: '\n\n_(The answer was cut off here: it reached the length limit of the model.)_',
  },
  content_filter: {
    pt: '\n\n_(A resposta foi interrompida aqui pelo filtro de conteúdo do modelo.)_',
    en: '\n\n_(The answer was stopped here by the content filter of the model.)_',
  },
};

const withoutText: Readonly<Record<Shortening, Bilingual>> = {
  length: {
    pt: '_(O modelo chegou ao limite de tamanho antes de responder. Tente uma pergunta mais curta.)_',
    en: '_(The model reached its length limit before it answered. Try a shorter question.)_',
  },
  content_filter: {
    pt: '_(O filtro de conteúdo do modelo não deixou responder a esta mensagem.)_',
    en: '_(The content filter of the model did not let it answer this message.)_',
  },
};

export function isCutShort(finishReason: string | undefined): finishReason is Shortening {
  return finishReason === 'length' || finishReason === 'content_filter';
}

/** What a person is told when the model stopped before its answer was whole; empty when it was. */
export function endingNote(finishReason: string | undefined, said: string, language: Language): string {
  if (!isCutShort(finishReason)) return '';
  return (said === '' ? withoutText : afterText)[finishReason][language];
}

/** Whether the answer has such a note already: then nothing is left to say. */
export function hasEndingNote(said: string): boolean {
  return [...Object.values(afterText), ...Object.values(withoutText)].some(
    ({ pt, en }) => said.endsWith(pt) || said.endsWith(en),
  );
}
