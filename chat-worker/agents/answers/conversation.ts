import type { Intent } from '../intents.ts';
import type { Language } from '../language.ts';
import { agentList, explanation, explanationOf } from './explanation.ts';
import type { Voice } from './voices.ts';
import type { Bilingual } from './wording.ts';
import { paragraphs, variantFor } from './wording.ts';

type Variants = Readonly<Record<Language, readonly [string, ...string[]]>>;

const openings: Variants = {
  pt: ['Olá!', 'Oi, que bom ver você por aqui!', 'Seja bem-vindo, seja bem-vinda!'],
  en: ['Hello!', 'Hi, good to see you here!', 'Welcome!'],
};

const greetingHint: Bilingual = {
  pt: 'Posso dizer como vai uma investigação, listar anomalias, explicar um termo ou contar como tudo funciona. O que você quer saber?',
  en: 'I can tell how an investigation stands, list anomalies, explain a term or tell how it all works. What would you like to know?',
};

const thanks: Variants = {
  pt: [
    'Por nada! Fiscalizar o dinheiro público é trabalho de todos nós. Se quiser, é só perguntar de novo.',
    'Imagina! Conte comigo sempre que quiser olhar as contas públicas de perto.',
    'Eu é que agradeço: pergunta boa faz a transparência valer. Precisando, estou por aqui.',
  ],
  en: [
    'You are welcome! Watching over public money is work for all of us. Just ask again.',
    'My pleasure. Count on me whenever you want a closer look at public accounts.',
    'Thank you: good questions are what makes transparency count. I am here if you need me.',
  ],
};

const goodbyes: Variants = {
  pt: [
    'Até logo! As investigações que esta sessão acompanha continuam chegando quando você voltar.',
    'Tchau! Volte quando quiser: o que for publicado enquanto isso fica guardado pelo prazo de retenção.',
    'Até a próxima, e de olho nas contas públicas!',
  ],
  en: [
    'Goodbye! The investigations this session follows will be here when you return.',
    'See you! Come back any time: what is published meanwhile is kept for the retention time.',
    'Until next time, and keep an eye on the public accounts!',
  ],
};

const smallTalk: Variants = {
  pt: [
    'Por aqui tudo em ordem, entre um evento e outro. E com as contas públicas, o que a gente olha hoje?',
    'Sou de prosa curta e de contas longas. Se quiser, me pergunte de uma investigação ou de um termo difícil.',
    'Conversa boa! Meu assunto preferido ainda é o dinheiro público: por onde começamos?',
  ],
  en: [
    'All is well here, between one event and the next. And which public accounts shall we look at today?',
    'My talk is short and my ledgers are long. Ask me about an investigation or a difficult term.',
    'Good talk! My favourite subject is still public money: where shall we begin?',
  ],
};

const aboutText: Bilingual = {
  pt: 'O Cidadão.AI é um projeto brasileiro de transparência pública. Os agentes levam nomes da história, da cultura e da fé do Brasil, como homenagem; são programas, não pessoas. Nesta instalação responde o agente embutido, sem modelo de linguagem: ele só afirma o que está nos eventos publicados pelas investigações.',
  en: 'Cidadão.AI is a Brazilian project for public transparency. Its agents bear names of the history, culture and faith of Brazil, in homage; they are programs, not people. In this installation the built-in agent answers, without a language model: it states only what is in the events that investigations publish.',
};

const agentsHeading: Bilingual = { pt: 'Os agentes e seus assuntos:', en: 'The agents and their subjects:' };

const helpText: Bilingual = {
  pt: [
    'Você pode perguntar, com as suas palavras:',
    '- **Status e progresso**: `Qual o status da investigação <id>?`',
    '- **Anomalias**, por gravidade ou valor: `Quais as anomalias críticas da investigação <id>?`',
    '- **Linha do tempo**: `O que aconteceu na investigação <id>?`',
    '- **Fornecedores e achados**: `Quais fornecedores aparecem na investigação <id>?`',
    '- **Comparação**: `Compare as investigações <id> e <outro id>`',
    '- **Relatório**: `Faça um relatório dessa investigação`',
    '- **Termos**: `O que é uma licitação?`',
  ].join('\n'),
  en: [
    'You can ask, in your own words:',
    '- **Status and progress**: `What is the status of investigation <id>?`',
    '- **Anomalies**, by severity or amount: `What are the critical anomalies of investigation <id>?`',
    '- **Timeline**: `What happened in investigation <id>?`',
    '- **Suppliers and findings**: `Which suppliers appear in investigation <id>?`',
    '- **Comparison**: `Compare investigations <id> and <other id>`',
    '- **Report**: `Write a report on this investigation`',
    '- **Terms**: `What is a public tender?`',
  ].join('\n'),
};

const helpClosing: Bilingual = {
  pt: 'Para uma explicação completa, peça: `Explique em detalhes como funciona`.',
  en: 'For a full explanation, ask: `Explain in detail how it works`.',
};

const toDevelopers: Bilingual = {
  pt: 'Todas as mensagens, com os seus campos, estão descritas em `/asyncapi.json`, no mesmo endereço. Quem não usa WebSocket pergunta por HTTP em `POST /api/v1/chat/<sessão>` e acompanha em `GET /sse/chat/<sessão>`.',
  en: 'All messages and their fields are described in `/asyncapi.json`, at the same address. Without a WebSocket, ask over HTTP with `POST /api/v1/chat/<session>` and follow with `GET /sse/chat/<session>`.',
};

/** The answer to what is only conversation, or about the system itself; undefined for intents that ask for work. */
export function conversation(
  intent: Intent,
  message: string,
  voice: Voice,
  language: Language,
): string | undefined {
  const hello = voice.hello[language];
  switch (intent) {
    case 'greeting':
      return `${variantFor(message, openings[language])} ${hello}\n\n${greetingHint[language]}`;
    case 'thanks':
      return variantFor(message, thanks[language]);
    case 'goodbye':
      return variantFor(message, goodbyes[language]);
    case 'small_talk':
      return variantFor(message, smallTalk[language]);
    case 'about':
      return paragraphs(`${hello} ${aboutText[language]}`, agentsHeading[language], agentList(language));
    case 'help':
      return paragraphs(
        hello,
        helpText[language],
        `${agentsHeading[language]}\n\n${agentList(language)}`,
        helpClosing[language],
      );
    case 'security_audit':
      return paragraphs(voice.hello[language], explanationOf('privacy', language), voice.can[language]);
    case 'integration':
      return paragraphs(
        voice.hello[language],
        explanationOf('conversation', language),
        toDevelopers[language],
        voice.can[language],
      );
    default:
      return undefined;
  }
}

/** The long explanation, opened by whoever was asked. */
export function explained(voice: Voice, language: Language): string {
  return paragraphs(
    voice.hello[language],
    explanation(language),
    `### ${agentsHeading[language].replace(':', '')}`,
    agentList(language),
  );
}
