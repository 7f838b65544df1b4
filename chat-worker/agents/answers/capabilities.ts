import type { Intent } from '../intents.ts';
import type { Language } from '../language.ts';
import type { Voice } from './voices.ts';
import type { Bilingual } from './wording.ts';
import { code, listed, paragraphs } from './wording.ts';

const misunderstood: Bilingual = {
  pt: 'Não entendi bem o que você quer saber.',
  en: 'I did not quite understand what you would like to know.',
};
const unableTo: Bilingual = {
  pt: 'Isso eu não consigo fazer por aqui: respondo sem modelo de linguagem, não consulto portais nem abro investigações, e só afirmo o que os serviços publicaram.',
  en: 'That I cannot do here: I answer without a language model, query no portals and open no investigations, and state only what services have published.',
};
const unableToAnswer: Bilingual = {
  pt: 'Essa pergunta eu não sei responder: não uso modelo de linguagem, e só afirmo o que está nos eventos publicados ou no meu pequeno glossário.',
  en: 'That question I cannot answer: I use no language model, and state only what is in the published events or in my small glossary.',
};
const reasons: ReadonlyMap<Intent, Bilingual> = new Map([
  ['unknown', misunderstood],
  ['question', unableToAnswer],
]);
const canHeading: Bilingual = {
  pt: 'Como todo agente daqui, consigo:',
  en: 'Like every agent here, I can:',
};
const canAll: Readonly<Record<Language, readonly string[]>> = {
  pt: [
    'dizer a situação e o progresso de uma investigação, com a hora de cada evento;',
    'listar anomalias por gravidade ou valor, fornecedores, achados e a linha do tempo;',
    'comparar duas investigações ou resumir uma num relatório curto.',
  ],
  en: [
    'tell the state and progress of an investigation, with the time of each event;',
    'list anomalies by severity or amount, suppliers, findings and the timeline;',
    'compare two investigations, or sum one up in a short report.',
  ],
};
const needsId: Bilingual = {
  pt: 'Para isso preciso saber de qual investigação se trata: escreva o identificador dela, ou inscreva esta sessão nela com a mensagem `subscribe` e diga “essa investigação”.',
  en: 'For that I need to know which investigation you mean: write its id, or subscribe this session to it with the message `subscribe` and say “this investigation”.',
};
const followed = (ids: string): Bilingual => ({
  pt: `Esta sessão acompanha ${ids}.`,
  en: `This session follows ${ids}.`,
});
const tryThis = (example: string): Bilingual => ({
  pt: `Experimente: ${code(example)}`,
  en: `Try: ${code(example)}`,
});

/** How many followed investigations are worth naming in passing. */
const mostNamed = 5;

/** What is said when the question can't be answered: in the agent's voice, and what it can do instead. */
export function capabilities(
  intent: Intent,
  voice: Voice,
  subscribedIds: readonly string[],
  language: Language,
): string {
  const reason = reasons.get(intent) ?? unableTo;
  const can = canAll[language].map((line) => `- ${line}`).join('\n');
  return paragraphs(
    `${voice.hello[language]} ${reason[language]}`,
    voice.can[language],
    `${canHeading[language]}\n\n${can}`,
    followedNote(subscribedIds, language),
    tryThis(voice.example[language])[language],
  );
}

/** What is said when an investigation is meant but not named. */
export function askForId(voice: Voice, language: Language): string {
  return paragraphs(
    `${voice.hello[language]} ${needsId[language]}`,
    tryThis(voice.example[language])[language],
  );
}

function followedNote(subscribedIds: readonly string[], language: Language): string {
  if (subscribedIds.length === 0) return '';
  return followed(listed(subscribedIds.slice(-mostNamed).map(code), language))[language];
}
