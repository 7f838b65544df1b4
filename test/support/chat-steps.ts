import { inTime } from './eventually.ts';
import { freshId } from './fresh-id.ts';
import type { PuppetAgent } from './puppet-agent.ts';
import type { AgentCall } from './scripted-agent.ts';
import type { ServerFrame } from './server-frame.ts';
import type { SocketClient } from './socket-client.ts';

/** A chat whose agent waits for the test's word. */
export interface HeldChat {
  readonly requestId: string;
  readonly message: string;
  readonly call: AgentCall;
}

/** Whether the frame ends a chat: any, or the one of this id. */
export function isEnd({ type, data }: ServerFrame, requestId?: string): boolean {
  if (type !== 'chat_complete' && type !== 'error') return false;
  return requestId === undefined || data['request_id'] === requestId;
}

/** Asks something nobody asked before and waits until the agent has it. */
export async function holdChat(
  agent: PuppetAgent,
  socket: SocketClient,
  { id = freshId('r'), message = freshId('pergunta') } = {},
): Promise<HeldChat> {
  socket.send({ type: 'chat', id, data: { message } });
  const call = await inTime(agent.call(message), () => `the agent was never asked ${message}`);
  return { requestId: id, message, call };
}

/** Lets the agent say these pieces and end, and waits for the end of the chat on this socket. */
export async function finishChat(
  { requestId, call }: HeldChat,
  socket: SocketClient,
  pieces: readonly string[] = ['Pronto.'],
): Promise<ServerFrame> {
  call.say(...pieces);
  call.end();
  return socket.nextWhere((frame) => isEnd(frame, requestId));
}

/** The types of frames, in their order. */
export function typesOf(frames: readonly ServerFrame[]): string[] {
  return frames.map(({ type }) => type);
}
