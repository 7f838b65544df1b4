/** `spellings` are lexicon terms (folded, stems with `*`). What is narrower stands first. */
export const glossary = {
  accessLaw: {
    spellings:
      'lai, lei de acesso, acesso a informacao, access to information, freedom of information, 12527',
    pt: 'A **Lei de Acesso à Informação** (LAI, Lei nº 12.527/2011) garante a qualquer pessoa pedir informação a órgãos públicos, sem dizer o motivo. O órgão responde em até 20 dias, prorrogáveis por mais 10 com justificativa; da negativa cabe recurso. No governo federal o pedido se faz pela plataforma Fala.BR.',
    en: 'The **Access to Information Law** (LAI, Lei nº 12.527/2011) lets anyone ask public bodies for information without giving a reason. The body answers within 20 days, which may be extended by 10 with a justification; a refusal can be appealed. Federal requests are made on the platform Fala.BR.',
  },
  procurementLaw: {
    spellings: 'lei de licitac*, 14133, 14 133, 8666, 8 666, procurement law, public procurement',
    pt: 'A **Lei de Licitações** (Lei nº 14.133/2021) rege as compras e obras públicas e substituiu a Lei nº 8.666/1993. Ela exige planejamento, publicidade no Portal Nacional de Contratações Públicas (PNCP) e disputa, salvo nos casos de dispensa e inexigibilidade.',
    en: 'The **Procurement Law** (Lei nº 14.133/2021) governs public purchases and works and replaced Lei nº 8.666/1993. It demands planning, publication on the national procurement portal (PNCP) and competition, except where bidding is waived or unfeasible.',
  },
  dataProtection: {
    spellings: 'lgpd, protecao de dados, 13709, 13 709, data protection',
    pt: 'A **LGPD** (Lei nº 13.709/2018) protege dados pessoais. Ela não serve de desculpa para esconder gasto público: transparência e proteção de dados se aplicam juntas.',
    en: 'The **LGPD** (Lei nº 13.709/2018) protects personal data. It is no excuse for hiding public spending: transparency and data protection apply together.',
  },
  improbity: {
    spellings: 'improbidade, improbity, 8429',
    pt: '**Improbidade administrativa** (Lei nº 8.429/1992) é o ato doloso de agente público que enriquece ilicitamente, causa dano ao erário ou fere os princípios da administração.',
    en: '**Administrative improbity** (Lei nº 8.429/1992) is a wilful act of a public agent who is illicitly enriched, harms public funds or breaks the principles of administration.',
  },
  unfeasible: {
    spellings: 'inexigibilidade, inexigivel',
    pt: 'Há **inexigibilidade** quando a disputa é inviável, como no fornecedor exclusivo: não há entre quem escolher.',
    en: '**Inexigibilidade** is when competition is unfeasible, as with an exclusive supplier: there is nobody to choose from.',
  },
  waiver: {
    spellings: 'dispensa, dispensas, dispensar licitac*, contratacao direta, waiver, direct contracting',
    pt: 'Na **dispensa de licitação** a disputa seria possível, mas a lei permite contratar diretamente, por exemplo em emergências e em valores pequenos, cujos limites são atualizados por decreto.',
    en: 'In a **dispensa de licitação** competition would be possible, but the law allows direct contracting, for example in emergencies and for small amounts, whose limits are updated by decree.',
  },
  splitting: {
    spellings: 'fracion*, dividir .. compra*, dividiu .. compra*, split .. purchase*',
    pt: 'O **fracionamento** divide uma compra em várias menores para escapar da licitação ou de uma modalidade mais rigorosa. A lei manda somar o que é da mesma natureza no mesmo exercício.',
    en: '**Fracionamento** splits a purchase into smaller ones to escape bidding. The law demands that what is of the same nature be added up over the year.',
  },
  nepotism: {
    spellings:
      'nepotis*, parente*, esposa, marido, conjuge, filho do, filha do, irmao do, irma do, cunhad*, genro, nora, relatives, his wife, her husband',
    pt: '**Nepotismo** é nomear parente para cargo de confiança. A Súmula Vinculante 13 do STF o proíbe para cônjuge, companheiro e parentes até o terceiro grau, também em nomeações cruzadas; cargos políticos, como o de secretário, são julgados caso a caso.',
    en: '**Nepotism** is appointing relatives to positions of trust. The Supreme Court forbids it (Súmula Vinculante 13) for spouses, partners and relatives up to the third degree, crossed appointments included; political offices, such as secretaries, are judged case by case.',
  },
  unpaidCommitments: {
    spellings: 'restos a pagar',
    pt: '**Restos a pagar** são despesas empenhadas e não pagas até 31 de dezembro: passam para o ano seguinte.',
    en: '**Restos a pagar** are expenses committed and not paid by 31 December: they pass on to the next year.',
  },
  competition: {
    spellings: 'concorrencia, concorrencias',
    pt: 'A **concorrência** é a modalidade de licitação para bens e serviços especiais e para obras e serviços de engenharia; além do preço pode pesar a técnica.',
    en: 'A **concorrência** is the tender for special goods and services and for engineering works; besides the price, technique may count.',
  },
  pregao: {
    spellings: 'pregao, pregoes, reverse auction',
    pt: 'O **pregão** é a modalidade de licitação para bens e serviços comuns, quase sempre eletrônica: vence o menor preço ou o maior desconto.',
    en: 'A **pregão** is the tender for common goods and services, nearly always electronic: the lowest price or the largest discount wins.',
  },
  tender: {
    spellings: 'licitac*, tender, tenders, bidding',
    pt: 'A **licitação** é a disputa pública em que o governo escolhe de quem comprar ou contratar, com regras iguais para todos e publicadas em edital.',
    en: 'A **licitação**, or public tender, is the open competition in which government chooses from whom to buy, under equal rules published in an edital.',
  },
  amendmentToContract: {
    spellings: 'aditivo*, termo aditivo, amendment to',
    pt: 'O **aditivo** muda um contrato assinado: prazo, quantidade ou valor. Em regra, acréscimos e supressões vão até 25% do valor inicial atualizado, e os acréscimos até 50% em reforma de edifício ou equipamento.',
    en: 'An **aditivo** changes a signed contract: its term, quantity or amount. As a rule increases and cuts go up to 25% of the updated initial value, and increases up to 50% in refurbishing a building or equipment.',
  },
  commitment: {
    spellings: 'empenh*, liquidac*, budget commitment',
    pt: 'O **empenho** reserva o dinheiro no orçamento para uma despesa. Depois vêm a **liquidação**, que confere a entrega, e o **pagamento**.',
    en: 'An **empenho** sets money of the budget aside for an expense. Then come the **liquidação**, which verifies the delivery, and the **pagamento**.',
  },
  overpricing: {
    spellings: 'superfatur*, sobreprec*, overpric*, overbill*',
    pt: '**Sobrepreço** é o preço acima do mercado já no orçamento ou no contrato. **Superfaturamento** é o dano que de fato ocorre: pagar mais caro, pagar pelo que não veio ou por qualidade menor.',
    en: '**Sobrepreço** is a price above the market already in the estimate or contract. **Superfaturamento** is the damage that does occur: paying more, or paying for what never came or came worse.',
  },
  cartel: {
    spellings: 'cartel*, carteis, conluio*, bid rigging, collusion',
    pt: 'O **cartel** em licitações é o acordo entre concorrentes que deveriam disputar: combinam preços ou quem ganha.',
    en: 'A **cartel** in tenders is an agreement among competitors who should compete: they fix prices or who wins.',
  },
  specialTransfer: {
    spellings: 'emenda pix, emendas pix, transferencia* especia*',
    pt: 'A **emenda Pix** é a transferência especial: dinheiro de emenda parlamentar que vai direto ao caixa de estado ou município, sem convênio.',
    en: 'An **emenda Pix** is a special transfer: money of a parliamentary amendment that goes straight to the coffers of a state or municipality, without an agreement.',
  },
  parliamentaryAmendment: {
    spellings: 'emenda*, parliamentary amendment*',
    pt: 'A **emenda parlamentar** é a parte do orçamento que deputados e senadores destinam a obras, serviços ou localidades.',
    en: 'A **parliamentary amendment** is the part of the budget that members of Congress direct to works, services or places.',
  },
  agreement: {
    spellings: 'convenio*',
    pt: 'O **convênio** é o acordo pelo qual um governo repassa dinheiro a outro, ou a uma entidade, para um fim comum, com prestação de contas.',
    en: 'A **convênio** is the agreement by which a government passes money to another, or to an entity, for a common purpose, with accounts to be rendered.',
  },
  auditCourt: {
    spellings: 'tcu, tce, tribunal de contas, tribunais de contas, court of accounts, fiscaliza',
    pt: 'Os **tribunais de contas** fiscalizam o gasto público: o TCU o federal, os estaduais e municipais o dos estados e municípios. As câmaras e assembleias também fiscalizam, e o cidadão pode denunciar.',
    en: 'The **courts of accounts** audit public spending: the TCU the federal, the others that of states and municipalities. Legislatures audit too, and citizens may report to them.',
  },
  comptroller: {
    spellings: 'cgu, controladoria*, comptroller',
    pt: 'A **CGU** (Controladoria-Geral da União) é o controle interno do governo federal; ela mantém o Portal da Transparência e a plataforma Fala.BR.',
    en: 'The **CGU** (Controladoria-Geral da União) is the internal control of the federal government; it runs the transparency portal and the platform Fala.BR.',
  },
  transparency: {
    spellings: 'transparencia, transparency, acompanhar os gastos, prestac* de contas, tax money',
    pt: 'A **transparência pública** é o dever do governo de mostrar o que arrecada e gasta. No plano federal o lugar é o Portal da Transparência; estados e municípios têm os seus.',
    en: '**Public transparency** is the duty of government to show what it collects and spends. At the federal level the place is the Portal da Transparência; states and municipalities have their own.',
  },
  reporting: {
    spellings: 'denunci*, ouvidoria*, whistleblow*',
    pt: 'Para **denunciar**, procure a ouvidoria do órgão (a federal recebe pelo Fala.BR), o tribunal de contas ou o Ministério Público. Guarde documentos, datas e valores.',
    en: 'To **report** wrongdoing, turn to the ombudsman of the body (the federal one takes reports on Fala.BR), the court of accounts or the public prosecutor. Keep documents, dates and amounts.',
  },
  anomaly: {
    spellings: 'anomalia*, anomaly, anomalies, irregularidade*',
    pt: 'Uma **anomalia** é um ponto fora do esperado num contrato, preço ou pagamento. Ela pede explicação; sozinha não prova crime.',
    en: 'An **anomaly** is something unexpected in a contract, price or payment. It asks for an explanation; by itself it proves no crime.',
  },
} as const;

export type GlossaryTerm = keyof typeof glossary;
