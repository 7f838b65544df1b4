import type { HttpAnswer, RequestFacts } from '../transport/transport.ts';
import { errorAnswer } from './error-answer.ts';

/** What the public HTTP routes tell of the gateway. */
export interface GatewayFacts {
  readonly connections: number;
  readonly subscriptions: number;
  readonly healthy: boolean;
}

const JSON_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

/** The plain HTTP of the public port: health, and a page to try it all. */
export function createRoutes(
  facts: () => GatewayFacts,
  page: ReadonlyMap<string, HttpAnswer>,
): (request: RequestFacts) => HttpAnswer {
  const startedAt = performance.now();
  return (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return errorAnswer(405, 'METHOD_NOT_ALLOWED', 'Método não permitido');
    }
    if (request.path === '/healthz') return json({ status: 'ok' });
    if (request.path === '/api/v1/ws/health' || request.path === '/ws/health') {
      const { connections, subscriptions, healthy } = facts();
      return json({
        status: healthy ? 'healthy' : 'degraded',
        connections,
        subscriptions,
        uptime: Math.floor((performance.now() - startedAt) / 1_000),
      });
    }
    return page.get(request.path) ?? errorAnswer(404, 'NOT_FOUND', 'Caminho desconhecido');
  };
}

function json(body: unknown): HttpAnswer {
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(body) };
}
