import type { AgentId } from './registry.ts';

/** Every intent and the agent that answers it; `unknown` is what none of the others recognised. */
export const agentOfIntent = {
  status: 'abaporu',
  orchestrate: 'abaporu',
  investigate: 'zumbi',
  analyze: 'anita',
  statistical: 'anita',
  report: 'tiradentes',
  text_analysis: 'machado',
  legal_compliance: 'bonifacio',
  security_audit: 'maria_quiteria',
  data: 'oxossi',
  search: 'oxossi',
  fraud_detection: 'obaluaie',
  anomaly: 'obaluaie',
  visualization: 'oscar_niemeyer',
  social_equity: 'dandara',
  regional: 'lampiao',
  frontend: 'bo_bardi',
  integration: 'bo_bardi',
  greeting: 'drummond',
  help: 'drummond',
  about: 'drummond',
  small_talk: 'drummond',
  thanks: 'drummond',
  goodbye: 'drummond',
  question: 'drummond',
  unknown: 'drummond',
} as const satisfies Readonly<Record<string, AgentId>>;

export type Intent = keyof typeof agentOfIntent;

/** Intents that have words of their own. */
export type RecognizableIntent = Exclude<Intent, 'unknown'>;
