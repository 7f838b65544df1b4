import type { Language } from '../language.ts';
import { agents } from '../registry.ts';
import type { Bilingual } from './wording.ts';

/** Parts that answer a question by themselves. */
type SectionName = 'conversation' | 'privacy';

interface Section {
  readonly name?: SectionName;
  readonly title: Bilingual;
  readonly paragraphs: readonly Bilingual[];
}

/**
 * How the system works, for who asks in detail. Nothing here is a figure: limits and times are set by
 * whoever runs the installation, and an explanation must not contradict them.
 */
const sections: readonly Section[] = [
  {
    title: { pt: 'O que é', en: 'What it is' },
    paragraphs: [
      {
        pt: 'O Cidadão.AI ajuda cidadãos e jornalistas a acompanhar o dinheiro público. Esta é a camada de tempo real: ela leva a sua mensagem até um agente, traz a resposta palavra por palavra e entrega, na hora, o que cada investigação publica.',
        en: 'Cidadão.AI helps citizens and journalists to follow public money. This is its realtime layer: it takes your message to an agent, brings the answer back word by word and delivers at once what each investigation publishes.',
      },
    ],
  },
  {
    title: { pt: 'Os agentes', en: 'The agents' },
    paragraphs: [
      {
        pt: 'Cada mensagem vai para o agente do assunto: um status para Abaporu, contratos para Zumbi, números para Anita, leis para José Bonifácio, e assim por diante. O que nenhum reconhece fica com Drummond. Um aplicativo também pode escolher o agente, com o campo `agent_id`.',
        en: 'Every message goes to the agent of its subject: a status to Abaporu, contracts to Zumbi, numbers to Anita, laws to José Bonifácio, and so on. What none recognises stays with Drummond. An application may also choose the agent, with the field `agent_id`.',
      },
      {
        pt: 'Nesta instalação quem escreve é o agente embutido, sem modelo de linguagem: ele reconhece o pedido por regras e só afirma o que está nos eventos publicados, com a hora e o número de cada um.',
        en: 'In this installation the built-in agent writes, without a language model: it recognises the request by rules and states only what is in the published events, with the time and number of each.',
      },
    ],
  },
  {
    title: { pt: 'As investigações', en: 'Investigations' },
    paragraphs: [
      {
        pt: 'Uma investigação é uma sequência de eventos com um identificador. Outros serviços os publicam no broker NATS, no assunto `investigation.<id>.<tipo>`, sempre como um objeto JSON: `progress` diz a situação e o avanço, `finding` traz um achado, `report` um relatório, e qualquer outro tipo também é aceito.',
        en: 'An investigation is a sequence of events under one id. Other services publish them to the NATS broker, on the subject `investigation.<id>.<kind>`, always as a JSON object: `progress` tells the state and the advance, `finding` brings a finding, `report` a report, and any other kind is accepted too.',
      },
      {
        pt: 'Para acompanhar uma delas, o aplicativo envia a mensagem `subscribe` com o `investigation_id`. A inscrição é da sessão inteira: todas as suas abas recebem os eventos, até `unsubscribe`. Quem só quer assistir pode abrir `/ws/investigations/<id>`, que não aceita conversa.',
        en: 'To follow one, the application sends the message `subscribe` with the `investigation_id`. The subscription belongs to the whole session: all of your tabs get the events, until `unsubscribe`. Who only wants to watch may open `/ws/investigations/<id>`, which takes no conversation.',
      },
    ],
  },
  {
    title: { pt: 'As anomalias', en: 'Anomalies' },
    paragraphs: [
      {
        pt: 'Uma anomalia é um evento do tipo `anomaly`, e chega como `anomaly_detected`, com gravidade, descrição e os detalhes publicados. Sem gravidade publicada, ela conta como média. Anomalia não é prova de crime: é um ponto que pede explicação de quem gastou.',
        en: 'An anomaly is an event of the kind `anomaly`, and arrives as `anomaly_detected`, with a severity, a description and the published details. Without a published severity it counts as medium. An anomaly proves no crime: it is a point that asks for an explanation from whoever spent the money.',
      },
    ],
  },
  {
    name: 'conversation',
    title: { pt: 'Uma conversa, do começo ao fim', en: 'A conversation, from beginning to end' },
    paragraphs: [
      {
        pt: 'Você envia `chat`; quando a mensagem está guardada vem `chat_accepted`, e daí em diante nada se perde. Seguem os pedaços do texto, em mensagens `chat` numeradas, e por fim `chat_complete` com o texto inteiro. Para interromper, `cancel` com o `request_id`. Repetir a mesma mensagem com o mesmo `id` não gera outra resposta.',
        en: 'You send `chat`; once the message is stored `chat_accepted` comes, and from there on nothing is lost. Pieces of the text follow, in numbered `chat` messages, and finally `chat_complete` with the whole text. To stop it, `cancel` with the `request_id`. Sending the same message again with the same `id` makes no second answer.',
      },
    ],
  },
  {
    title: { pt: 'Se a conexão cair', en: 'If the connection drops' },
    paragraphs: [
      {
        pt: 'Cada evento guardado vem com um `cursor`. Ao reconectar com `since` e o último cursor que recebeu, você ganha tudo o que perdeu, na ordem e uma vez só. Se o processo que escrevia a resposta parar no meio, outro continua de onde ela estava.',
        en: 'Every stored event comes with a `cursor`. Reconnect with `since` and the last cursor you got, and you receive all you missed, in order and once only. If the process that was writing the answer stops halfway, another goes on from where it was.',
      },
    ],
  },
  {
    name: 'privacy',
    title: { pt: 'A sua privacidade', en: 'Your privacy' },
    paragraphs: [
      {
        pt: 'Uma sessão aberta com login pertence a essa pessoa; outra só entra se o token dela permitir. Uma sessão sem login está aberta a quem souber o identificador dela: não o compartilhe. Os eventos ficam guardados só pelo prazo que o operador definiu, e ele pode apagar uma sessão inteira antes disso. Tokens não vão para os registros.',
        en: 'A session opened with a login belongs to that person; nobody else enters unless their token allows it. A session without a login is open to whoever knows its id: do not share it. Events are kept only for as long as the operator has set, who can also erase a whole session before that. Tokens go into no log.',
      },
    ],
  },
  {
    title: { pt: 'O que você pode pedir agora', en: 'What you can ask now' },
    paragraphs: [
      {
        pt: 'Pergunte o status de uma investigação, as anomalias por gravidade ou por valor, os fornecedores, os achados ou a linha do tempo; peça um relatório; ou compare duas investigações. Basta citar o identificador, ou dizer “essa investigação” se a sessão acompanha alguma.',
        en: 'Ask for the status of an investigation, its anomalies by severity or by amount, its suppliers, findings or timeline; ask for a report; or compare two investigations. Just name the id, or say “this investigation” if the session follows one.',
      },
    ],
  },
];

export function explanation(language: Language): string {
  const heading = { pt: '## Como o Cidadão.AI funciona', en: '## How Cidadão.AI works' }[language];
  const body = sections.flatMap(({ title, paragraphs }) => [
    `### ${title[language]}`,
    ...paragraphs.map((paragraph) => paragraph[language]),
  ]);
  return [heading, ...body].join('\n\n');
}

/** One part of the explanation, without its title. */
export function explanationOf(name: SectionName, language: Language): string {
  const texts = sections.find((section) => section.name === name)?.paragraphs ?? [];
  return texts.map((paragraph) => paragraph[language]).join('\n\n');
}

/** Every agent and what it is for, one a line. */
export function agentList(language: Language): string {
  return agents
    .map(
      ({ name, domain, domainInEnglish }) => `- **${name}**: ${language === 'pt' ? domain : domainInEnglish}`,
    )
    .join('\n');
}
