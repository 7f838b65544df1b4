import { randomUUID } from 'node:crypto';
import type { Bus, StoredMessage } from '../../shared/bus/bus.ts';
import { FencedError, StreamFullError, UnavailableError } from '../../shared/bus/bus-errors.ts';
import type { ChatRequest } from '../../shared/bus-protocol/chat-request.ts';
import type { SessionStream } from '../../shared/bus-protocol/session-shards.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import { encodeEvent } from '../../shared/socket-protocol/server-events.ts';
import { within } from '../../shared/telemetry/tracing.ts';
import type { Principal } from '../auth/principal.ts';
import type { ChatRequestDraft } from '../session/chat-queue.ts';
import type { Session } from '../session/session.ts';
import { startAccepting, startSending } from '../traces.ts';

/**
 * Hands a chat to the workers. When this resolves to true it is accepted and will end, whoever dies; false
 * means that the session has a chat of this id already.
 *
 * The queue item carries the finished `chat_accepted`. Whoever comes first, this gateway or the worker,
 * writes it as the first event of the log; that, and no dedupe window, makes repeats harmless.
 * @param onQueued called once the workers have it: what else is to be stored is not in the chat's way then
 * @throws ProtocolError `UNAVAILABLE`
 */
export async function acceptChat(
  bus: Bus,
  session: Session,
  principal: Principal | undefined,
  draft: ChatRequestDraft,
  onQueued: () => void,
): Promise<boolean> {
  const { requestId, trace } = draft;
  const log = subjects.chatLog(session.id, requestId);
  const stream = bus.shards.streamOf(session.id);
  const messageId = `${session.id}:${requestId}:${randomUUID()}`;
  const deadline = performance.now() + bus.patienceMs;
  const signal = session.untilForgotten;
  /** Nothing of a new chat is stored below this. */
  const before = session.channel.position.base;
  const accepted = encodeEvent('chat_accepted', {
    request_id: requestId,
    role: 'user',
    message: draft.message,
    ...(principal === undefined ? {} : { user: userOf(principal) }),
  });
  try {
    if (draft.named && (await withinDeadline(bus.lastOf(stream, log), deadline)) !== undefined) return false;
    const sending = trace === undefined ? undefined : startSending(trace);
    await within(sending, () =>
      bus.publish(
        subjects.chatRequest(session.id, requestId),
        JSON.stringify(queueItem(session, principal, draft, { message_id: messageId, event: accepted })),
        {
          messageId,
          deadlineMs: deadline - performance.now(),
          signal,
          ...(sending === undefined ? {} : { headers: sending.headers }),
        },
      ),
    );
    const writing = within(trace === undefined ? undefined : startAccepting(trace), () =>
      bus.publish(log, accepted, {
        messageId,
        expectedLastSequence: 0,
        deadlineMs: deadline - performance.now(),
        signal,
        ...(trace === undefined ? {} : { headers: trace.headers }),
      }),
    );
    onQueued();
    await writing;
    return true;
  } catch (error) {
    if (error instanceof FencedError) return isOurs(bus, stream, log, before, messageId, requestId);
    throw asUnavailable(error, requestId);
  }
}

/** Refused as first event: either the worker wrote ours before us, or another gateway's chat has this id. */
async function isOurs(
  bus: Bus,
  stream: SessionStream,
  log: string,
  before: number,
  messageId: string,
  requestId: string,
): Promise<boolean> {
  let first: StoredMessage | undefined;
  try {
    const { last } = await bus.bounds(stream);
    await bus.read(stream, log, { from: before + 1, to: last }, (message) => {
      first = message;
      return false;
    });
  } catch (error) {
    throw asUnavailable(error, requestId);
  }
  return first?.header('Nats-Msg-Id') === messageId;
}

function queueItem(
  session: Session,
  principal: Principal | undefined,
  draft: ChatRequestDraft,
  accepted: ChatRequest['accepted'],
): ChatRequest {
  return {
    accepted,
    ...(draft.agentId === undefined ? {} : { agent_id: draft.agentId }),
    asker: {
      ...(principal === undefined ? {} : { sub: principal.sub }),
      investigations: [...(principal?.investigations ?? [])],
    },
    subscriptions: session.state.subscriptions.map(({ investigation_id }) => investigation_id),
  };
}

function userOf(principal: Principal): { id: string; name?: string } {
  return { id: principal.sub, ...(principal.name === undefined ? {} : { name: principal.name }) };
}

async function withinDeadline<Result>(answer: Promise<Result>, deadline: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new UnavailableError('chat log'));
    }, deadline - performance.now());
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** The broker's failures as the client is told of them. */
export function asUnavailable(error: unknown, requestId: string | undefined): unknown {
  const isBrokers = error instanceof UnavailableError || error instanceof StreamFullError;
  return isBrokers ? new ProtocolError('UNAVAILABLE', { requestId, cause: error }) : error;
}
