import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../errors/app-error.ts';

export interface AdminServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** The setting the port came from, for the message when it can't be used. */
  readonly portSetting: string;
  /** Whether the service can do its work: asked for every `/readyz`. */
  readonly isReady: () => Promise<boolean>;
  /** What `/metrics` answers. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What an operator asks a service, on a port of its own: `/healthz`, `/readyz` and `/metrics`. */
export class AdminServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #host: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** @throws AppError naming the setting when the address can't be used */
  static async start(options: AdminServerOptions): Promise<AdminServer> {
    const { host, port, portSetting } = options;
    const server = createServer((request, response) => void respond(request, response, options));
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw unusable(error, `${host}:${port}`, portSetting);
    }
    return new AdminServer(server, host);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  get url(): string {
    return `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: AdminServerOptions,
): Promise<void> {
  const { status, contentType, body } = await answerTo(request, options);
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerTo(request: IncomingMessage, options: AdminServerOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, 'method not allowed');
  try {
    switch (request.url?.split('?', 1)[0]) {
      case '/healthz':
        return json(200, 'ok');
      case '/readyz':
        return (await options.isReady()) ? json(200, 'ready') : json(503, 'not ready');
      case '/metrics':
        return { status: 200, ...(await options.metrics()) };
      default:
        return json(404, 'not found');
    }
  } catch {
    // The operator's tools see it as what it is; the service goes on.
    return json(500, 'failed');
  }
}

function json(status: number, text: string): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify({ status: text })}\n` };
}

function unusable(error: unknown, address: string, portSetting: string): AppError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const details = { retryable: false, cause: error };
  if (code === 'EADDRINUSE') {
    return new AppError('ADDRESS_IN_USE', `${portSetting}: ${address} is in use`, details);
  }
  if (code === 'EACCES') {
    return new AppError('ADDRESS_FORBIDDEN', `${portSetting}: ${address} needs more rights`, details);
  }
  return new AppError('ADDRESS_UNUSABLE', `ADMIN_HOST: ${address} can't be listened on`, details);
}
