/**
 * The names traces use. Messaging and generative-model conventions are still in development at
 * OpenTelemetry and move: this is the only page that knows them. `rt.` is ours.
 */
export const SPAN = {
  /** One chat as its gateway sees it: from the socket message to the end handed to the socket. */
  chat: 'websocket chat',
  sendRequest: 'send chat.request.{session}.{request}',
  /** The first event of a chat's log, by its gateway, or the last, by its worker. */
  appendEvent: 'publish session.{session}.chat.{request}',
  /** One gateway's delivery of a chat to the sockets it has of the session. */
  deliverChat: 'deliver session.{session}.chat.{request}',
  deliverNotification: 'deliver session.{session}.notification',
  deliverInvestigation: 'deliver investigation.{investigation}.{kind}',
  /** A socket that takes up a channel where it left it, or that had fallen behind. */
  catchUp: 'catch up',
  processRequest: 'process chat.request.{session}.{request}',
  readLog: 'receive session.{session}.chat.{request}',
  claim: 'claim session.{session}.chat.{request}',
  settle: 'settle chat.request.{session}.{request}',
  agent: (agentId: string) => `invoke_agent ${agentId}`,
  model: (model: string) => `chat ${model}`,
} as const;

export const SPAN_EVENT = {
  firstChunk: 'first_chunk',
  resume: 'resume',
  gap: 'gap',
  lag: 'lag',
  fence: 'fence',
  restart: 'restart',
  takeover: 'takeover',
  handover: 'handover',
  continued: 'continued',
} as const;

export const ATTRIBUTE = {
  errorType: 'error.type',
  sessionId: 'session.id',
  messagingSystem: 'messaging.system',
  messagingOperation: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingTemplate: 'messaging.destination.template',
  messagingConversation: 'messaging.message.conversation_id',
  messagingConsumerGroup: 'messaging.consumer.group.name',
  messagingDeliveries: 'rt.queue.delivery_count',
  genAiOperation: 'gen_ai.operation.name',
  genAiProvider: 'gen_ai.provider.name',
  genAiAgentId: 'gen_ai.agent.id',
  genAiAgentName: 'gen_ai.agent.name',
  genAiConversation: 'gen_ai.conversation.id',
  genAiRequestModel: 'gen_ai.request.model',
  genAiFinishReasons: 'gen_ai.response.finish_reasons',
  genAiInputTokens: 'gen_ai.usage.input_tokens',
  genAiOutputTokens: 'gen_ai.usage.output_tokens',
  connectionId: 'rt.connection.id',
  attempt: 'rt.chat.attempt',
  chunks: 'rt.chat.chunks',
  chunksBefore: 'rt.chat.chunks_before',
  outcome: 'rt.chat.outcome',
  queueWaitMs: 'rt.queue.wait_ms',
  reason: 'rt.reason',
  sockets: 'rt.sockets',
  channel: 'rt.channel',
  eventsReplayed: 'rt.events_replayed',
} as const;

/** What a span about a message says of it. The template has no ids in it: it may be grouped by. */
export function messageAttributes(operation: string, type: string, template: string): Record<string, string> {
  return {
    [ATTRIBUTE.messagingSystem]: 'nats',
    [ATTRIBUTE.messagingOperation]: operation,
    [ATTRIBUTE.messagingOperationType]: type,
    [ATTRIBUTE.messagingTemplate]: template,
  };
}
