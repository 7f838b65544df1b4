import type { OriginCheck } from '../auth/origin.ts';
import type { HttpAnswer, HttpReply, RequestFacts } from '../transport/transport.ts';
import { errorAnswer } from './error-answer.ts';

const PREFLIGHT_SECONDS = 600;

const PREFLIGHT_HEADERS = {
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Last-Event-ID',
  'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
};

/**
 * Lets pages of the allowed origins, and no others, read the answers: the same list that upgrades are held
 * to. A request without `Origin` does not come from another's page. Credentials of the browser's own are
 * never asked for: tokens are sent by the page.
 */
export function withCors<Reply extends HttpReply>(
  isAllowedOrigin: OriginCheck,
  answer: (request: RequestFacts) => Reply,
): (request: RequestFacts) => Reply | HttpAnswer {
  return (request) => {
    const { origin, method } = request;
    if (method === 'OPTIONS') {
      if (origin === '' || !isAllowedOrigin(origin)) {
        return withHeaders(errorAnswer(403, 'FORBIDDEN', 'Origem não permitida'), { Vary: 'Origin' });
      }
      return { status: 204, headers: { ...PREFLIGHT_HEADERS, ...allowing(origin) }, body: '' };
    }
    const answered = answer(request);
    const isForOthers = origin !== '' && isAllowedOrigin(origin);
    return withHeaders(answered, isForOthers ? allowing(origin) : { Vary: 'Origin' });
  };
}

function allowing(origin: string): Readonly<Record<string, string>> {
  return { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
}

function withHeaders<Reply extends HttpReply>(
  answer: Reply,
  headers: Readonly<Record<string, string>>,
): Reply {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
