import type { Bilingual } from './wording.ts';

/** Questions the built-in agent answers, for people to try. Shown in code spans: bare, `<id>` is an HTML tag. */
export const statusExample: Bilingual = {
  pt: 'Qual o status da investigação <id>?',
  en: 'What is the status of investigation <id>?',
};
export const anomaliesExample: Bilingual = {
  pt: 'Quais são as anomalias da investigação <id>?',
  en: 'What are the anomalies of investigation <id>?',
};
export const compareExample: Bilingual = {
  pt: 'Compare as investigações <id> e <outro id>',
  en: 'Compare investigations <id> and <other id>',
};
export const timelineExample: Bilingual = {
  pt: 'Mostre a linha do tempo da investigação <id>',
  en: 'Show the timeline of investigation <id>',
};
export const reportExample: Bilingual = {
  pt: 'Faça um relatório da investigação <id>',
  en: 'Write a report on investigation <id>',
};
export const explainExample: Bilingual = {
  pt: 'Explique em detalhes como funciona',
  en: 'Explain in detail how it works',
};
