import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** A collector beside the driver, which takes everything and keeps only how often it came. */
export class OtlpSink implements AsyncDisposable {
  readonly #server: Server;
  readonly #exports = new Map<string, number>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? '';
      this.#exports.set(path, (this.#exports.get(path) ?? 0) + 1);
      request.resume();
      request.once('end', () => response.end());
    });
  }

  static async listen(): Promise<OtlpSink> {
    const sink = new OtlpSink();
    sink.#server.listen(0, '127.0.0.1');
    await once(sink.#server, 'listening');
    return sink;
  }

  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` wants. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the sink does not listen');
    return `http://127.0.0.1:${String(address.port)}`;
  }

  received(signal: 'traces' | 'metrics'): number {
    return this.#exports.get(`/v1/${signal}`) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
