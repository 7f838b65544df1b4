import type { AgentIdentity } from './agent.ts';
import { foldText } from './lexicon/fold-text.ts';

export interface AgentProfile extends AgentIdentity {
  readonly id: AgentId;
  /** One line for people, in Portuguese: what the agent is for. */
  readonly domain: string;
  /** The same in English, for who asks in English. */
  readonly domainInEnglish: string;
  /** Other names clients send, besides the id and the name themselves. */
  readonly aliases: readonly string[];
}

export const agentIds = [
  'abaporu',
  'zumbi',
  'anita',
  'tiradentes',
  'drummond',
  'machado',
  'bonifacio',
  'maria_quiteria',
  'oxossi',
  'obaluaie',
  'oscar_niemeyer',
  'dandara',
  'lampiao',
  'nana',
  'ceuci',
  'senna',
  'santos_dumont',
  'bo_bardi',
  'monteiro_lobato',
  'tarsila',
] as const;

export type AgentId = (typeof agentIds)[number];

const profile = (
  name: string,
  domain: string,
  domainInEnglish: string,
  ...aliases: readonly string[]
): Omit<AgentProfile, 'id'> => ({ name, domain, domainInEnglish, aliases });

const profiles: Readonly<Record<AgentId, Omit<AgentProfile, 'id'>>> = {
  abaporu: profile(
    'Abaporu',
    'coordenação dos agentes e situação geral das investigações',
    'coordination of the agents and the overall state of investigations',
  ),
  zumbi: profile(
    'Zumbi dos Palmares',
    'investigação de contratos e fornecedores, com suas anomalias',
    'investigation of contracts and suppliers, with their anomalies',
    'palmares',
  ),
  anita: profile(
    'Anita Garibaldi',
    'estatísticas, padrões, tendências e orçamentos',
    'statistics, patterns, trends and budgets',
    'garibaldi',
  ),
  tiradentes: profile('Tiradentes', 'relatórios e resumos', 'reports and summaries'),
  drummond: profile(
    'Carlos Drummond de Andrade',
    'conversa: boas-vindas, ajuda e perguntas gerais',
    'conversation: welcome, help and general questions',
    ...['carlos_drummond', 'drummond_de_andrade', 'andrade'],
  ),
  machado: profile(
    'Machado de Assis',
    'leitura e análise de textos e documentos',
    'reading and analysis of texts and documents',
    'assis',
  ),
  bonifacio: profile('José Bonifácio', 'leis, normas e conformidade', 'laws, rules and compliance'),
  maria_quiteria: profile('Maria Quitéria', 'auditoria de segurança', 'security audit', 'quiteria'),
  oxossi: profile('Oxóssi', 'busca de dados e de fontes', 'finding data and sources'),
  obaluaie: profile(
    'Obaluaiê',
    'padrões de corrupção e de fraude, anomalias',
    'patterns of corruption and fraud, anomalies',
  ),
  oscar_niemeyer: profile(
    'Oscar Niemeyer',
    'gráficos e painéis',
    'charts and dashboards',
    'niemeyer',
    'oscar',
  ),
  dandara: profile('Dandara', 'equidade e justiça social', 'social equity and justice'),
  lampiao: profile(
    'Lampião',
    'dados regionais, de estados e municípios',
    'regional data, of states and municipalities',
  ),
  nana: profile('Nanã', 'memória e contexto das conversas', 'memory and context of conversations'),
  ceuci: profile('Ceuci', 'previsões e projeções', 'predictions and projections'),
  senna: profile(
    'Ayrton Senna',
    'encaminhamento de cada pergunta ao agente certo',
    'routing of each question to the right agent',
    'ayrton',
  ),
  santos_dumont: profile(
    'Alberto Santos-Dumont',
    'ensino de como o sistema funciona',
    'teaching how the system works',
    'dumont',
  ),
  bo_bardi: profile(
    'Lina Bo Bardi',
    'interfaces e integração com outros sistemas',
    'interfaces and integration with other systems',
    ...['bardi', 'lina'],
  ),
  monteiro_lobato: profile(
    'Monteiro Lobato',
    'programação para crianças',
    'programming for children',
    'lobato',
  ),
  tarsila: profile(
    'Tarsila do Amaral',
    'design e arte para crianças',
    'design and art for children',
    'amaral',
  ),
};

/** Every agent, in the order people are shown them. */
export const agents: readonly AgentProfile[] = agentIds.map((id) => ({ id, ...profiles[id] }));

/** The agent with this exact id. */
export function agentById(id: AgentId): AgentProfile {
  return { id, ...profiles[id] };
}

/** A client's spelling without what it may vary: case, accents, and what separates words. */
function spellingKey(idOrAlias: string): string {
  return foldText(idOrAlias).replace(/[\s_-]/g, '');
}

const bySpelling: ReadonlyMap<string, AgentProfile> = new Map(
  agents.flatMap((agent) =>
    [agent.id, agent.name, ...agent.aliases].map((spelling) => [spellingKey(spelling), agent] as const),
  ),
);

/** No spelling is longer; what is longer came from elsewhere and is not worth folding. */
const longestSpellingChars = 64;

/** The agent a client means by an id, an alias or a name; undefined when it means none. */
export function findAgent(idOrAlias: string): AgentProfile | undefined {
  if (idOrAlias.length > longestSpellingChars) return undefined;
  return bySpelling.get(spellingKey(idOrAlias));
}
