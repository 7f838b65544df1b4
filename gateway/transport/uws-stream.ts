import type { HttpResponse } from 'uWebSockets.js';
import type {
  Frame,
  HttpAnswer,
  HttpStream,
  StreamHandler,
  StreamHead,
  StreamRequest,
  TransportHandler,
} from './transport.ts';
import { writeAnswer, writeHead } from './write-answer.ts';

/**
 * uWS hangs up 8 to 12 s after a write that did not go out, unless another is tried. Its cork hides what the
 * last write of a batch left behind. So after anything was written, something more is soon.
 */
const CHECK_INTERVAL_MS = 5_000;
/** Where nothing happens, proxies hear of the stream every so many checks. */
const QUIET_CHECKS = 3;

/** A body without end, by what uWS has for it: `write` takes everything and says whether it went out. */
export class UwsStream implements HttpStream {
  readonly #headers: Readonly<Record<string, string>>;
  readonly #transport: TransportHandler;
  #response: HttpResponse | undefined;
  #handler: StreamHandler | undefined;
  #check: NodeJS.Timeout | undefined;
  #filler = '';
  /** At least what uWS holds: what was written since it last held nothing. */
  #bufferedBytes = 0;
  #checksUntilFiller = QUIET_CHECKS;

  private constructor(response: HttpResponse, request: StreamRequest, transport: TransportHandler) {
    this.#response = response;
    this.#headers = request.headers;
    this.#transport = transport;
    response.onAborted(() => {
      this.#close();
    });
  }

  static open(response: HttpResponse, request: StreamRequest, transport: TransportHandler): void {
    const stream = new UwsStream(response, request, transport);
    stream.#guarded(() => {
      stream.#handler = request.open(stream);
    });
  }

  refuse(answer: HttpAnswer): void {
    const response = this.#response;
    if (response === undefined) return;
    writeAnswer(response, { ...answer, headers: { ...answer.headers, ...this.#headers } });
    this.#close();
  }

  begin({ status, headers, filler }: StreamHead): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#filler = filler;
    response.cork(() => {
      writeHead(response, { status, headers: { ...headers, ...this.#headers } });
    });
    response.onWritable(() => {
      this.#drain();
      return true;
    });
    this.#check = setInterval(() => {
      this.#checksUntilFiller -= 1;
      if (this.#checksUntilFiller <= 0) this.#fill();
    }, CHECK_INTERVAL_MS);
  }

  bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  write(parts: readonly Frame[]): void {
    const response = this.#response;
    if (response === undefined) return;
    response.cork(() => {
      for (const part of parts) {
        if (!response.write(part)) this.#bufferedBytes += Buffer.byteLength(part);
      }
    });
    this.#checksUntilFiller = 1;
  }

  end(): void {
    const response = this.#response;
    if (response === undefined) return;
    response.cork(() => {
      response.end();
    });
    this.#close();
  }

  cut(): void {
    // Its abort handler runs within.
    this.#response?.close();
  }

  /** The kernel has room again. uWS writes nothing of what it holds unless something is written. */
  #drain(): void {
    this.#fill();
    this.#guarded(() => {
      this.#handler?.drained();
    });
  }

  #fill(): void {
    const response = this.#response;
    if (response === undefined) return;
    response.cork(() => {
      const isOut = response.write(this.#filler);
      this.#bufferedBytes = isOut ? 0 : this.#bufferedBytes + this.#filler.length;
      this.#checksUntilFiller = isOut ? QUIET_CHECKS : 1;
    });
  }

  #close(): void {
    if (this.#response === undefined) return;
    this.#response = undefined;
    this.#bufferedBytes = 0;
    clearInterval(this.#check);
    // Its owner may end it while it is told of it: then it hears of that later.
    queueMicrotask(() => {
      this.#guarded(() => {
        this.#handler?.closed();
      });
    });
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#transport.failed(error);
      this.cut();
    }
  }
}
