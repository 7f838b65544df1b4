export type { ConversationState, Exchange } from './conversation.ts';
export type { InvestigationOptions, InvestigationState } from './followed-investigation.ts';
export { useChat, type UseChat } from './use-chat.ts';
export { useInvestigation } from './use-investigation.ts';
