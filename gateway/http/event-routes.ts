import type { HttpReply, RequestFacts } from '../transport/transport.ts';
import { errorAnswer } from './error-answer.ts';

export interface EventDoors {
  /** Somebody follows the events of a session or an investigation. */
  follow(request: RequestFacts): HttpReply;
  /** Somebody asks in a session. */
  ask(request: RequestFacts, sessionId: string): HttpReply;
}

const STREAMS = /^(\/api\/v1)?\/sse\//;
const ASK = '/api/v1/chat/';

/** The events of sockets over plain HTTP; undefined for every other path. */
export function createEventRoutes(doors: EventDoors): (request: RequestFacts) => HttpReply | undefined {
  return (request) => {
    const { method, path } = request;
    if (STREAMS.test(path)) return method === 'GET' ? doors.follow(request) : notAllowed('GET');
    if (!path.startsWith(ASK)) return undefined;
    return method === 'POST' ? doors.ask(request, path.slice(ASK.length)) : notAllowed('POST');
  };
}

function notAllowed(allowed: string): HttpReply {
  const answer = errorAnswer(405, 'METHOD_NOT_ALLOWED', 'Método não permitido');
  return { ...answer, headers: { ...answer.headers, Allow: `${allowed}, OPTIONS` } };
}
