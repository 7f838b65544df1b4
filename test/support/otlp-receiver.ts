import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { eventually } from './eventually.ts';
import {
  readExport,
  type OtlpExport,
  type OtlpSignal,
  type ReceivedLog,
  type ReceivedMetric,
  type ReceivedSpan,
} from './otlp-messages.ts';

export type OtlpProtocol = 'http/json' | 'http/protobuf' | 'grpc';

/** A gRPC message: one byte that says whether it is compressed, four for its length. */
const GRPC_PREFIX_BYTES = 5;

/** A collector: what services send by OTLP over HTTP, as JSON or protobuf, or by gRPC. */
export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  readonly logs: ReceivedLog[] = [];
  readonly metrics: ReceivedMetric[] = [];
  /** Of the requests that were understood. */
  readonly contentTypes = new Set<string>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #failure: unknown;

  private constructor(protocol: OtlpProtocol) {
    this.#server =
      protocol === 'grpc'
        ? createHttp2Server((request, response) => void this.#receiveGrpc(request, response))
        : createHttpServer((request, response) => void this.#receiveHttp(request, response));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(protocol: OtlpProtocol = 'http/protobuf'): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(protocol);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` wants. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All spans, once there are such as the test waits for. @throws when something could not be read */
  async spansWhen(isComplete: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]> {
    await eventually(() => isComplete(this.spans), Boolean);
    this.throwFailure();
    return this.spans;
  }

  throwFailure(): void {
    if (this.#failure !== undefined) throw new Error('what came is no OTLP', { cause: this.#failure });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  async #receiveHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const raw = Buffer.concat(parts);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const contentType = request.headers['content-type'] ?? '';
    const isJson = contentType === 'application/json';
    this.#take((request.url ?? '').replace('/v1/', ''), body, isJson, contentType);
    response.writeHead(200, { 'content-type': contentType });
    response.end(isJson ? '{}' : undefined);
  }

  async #receiveGrpc(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).subarray(GRPC_PREFIX_BYTES);
    const signal = /collector\.(trace|metrics|logs)\./.exec(request.url)?.[1] ?? '';
    const contentType = request.headers['content-type'] ?? '';
    this.#take(signal === 'trace' ? 'traces' : signal, body, false, contentType);
    response.setHeader('content-type', 'application/grpc');
    response.addTrailers({ 'grpc-status': '0' });
    // An empty message: everything was taken.
    response.end(Buffer.alloc(GRPC_PREFIX_BYTES));
  }

  #take(signal: string, body: Uint8Array, isJson: boolean, contentType: string): void {
    try {
      if (!isSignal(signal)) throw new Error(`a request for ${signal}`);
      const { spans, metrics, logs }: OtlpExport = readExport(signal, body, isJson);
      this.spans.push(...spans);
      this.metrics.push(...metrics);
      this.logs.push(...logs);
      this.contentTypes.add(contentType);
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

function isSignal(text: string): text is OtlpSignal {
  return text === 'traces' || text === 'metrics' || text === 'logs';
}
