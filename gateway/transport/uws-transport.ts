import './header-limit.ts'; // Before the library, which reads its environment when it is loaded.
import uWS, { type HttpRequest, type HttpResponse, type TemplatedApp, type WebSocket } from 'uWebSockets.js';
import { AppError } from '../../shared/errors/app-error.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import type {
  Frame,
  HttpAnswer,
  Socket,
  SocketHandler,
  Transport,
  TransportHandler,
  TransportSettings,
} from './transport.ts';
import { answerHttp, bodyOf, factsOf } from './uws-http.ts';
import { writeAnswer } from './write-answer.ts';

declare module 'uWebSockets.js' {
  interface TemplatedApp {
    /** Takes options with a host too, which the package's types leave out. */
    listen(
      host: string,
      port: number,
      options: number,
      listening: (socket: uWS.us_listen_socket | false) => void,
    ): TemplatedApp;
  }
}

interface UserData {
  /** Until it is open: it holds what the request brought. */
  open: ((socket: Socket) => SocketHandler) | undefined;
  socket: UwsSocket | undefined;
}

/** Listen options by number: the enum of the package's types has no value at run time. */
const SHARED_PORT = 0;
const EXCLUSIVE_PORT = 1;
/** uWS cuts the connection here: four times the frame that gets a clean 1009. */
const HARD_LIMIT_FACTOR = 4;
/** Room above our own limit, so that uWS, which drops silently, never decides. */
const BACKPRESSURE_SLACK_BYTES = 2 * 1024 * 1024;

/** @throws AppError `ADDRESS_IN_USE` naming the setting */
export async function listen(settings: TransportSettings, handler: TransportHandler): Promise<Transport> {
  const app = uWS.App();
  app.ws<UserData>('/*', {
    maxPayloadLength: settings.maxFrameBytes * HARD_LIMIT_FACTOR,
    maxBackpressure: settings.maxBackpressureBytes + BACKPRESSURE_SLACK_BYTES,
    idleTimeout: settings.idleTimeoutSeconds,
    sendPingsAutomatically: true,
    compression: uWS.DISABLED,
    upgrade: (response, request, context) => {
      upgrade(response, request, context, handler);
    },
    open: (ws) => {
      const data = ws.getUserData();
      const socket = new UwsSocket(ws);
      data.socket = socket;
      guarded(socket, handler, () => {
        socket.handler = data.open?.(socket);
      });
      data.open = undefined;
    },
    message: (ws, bytes, isBinary) => {
      const { socket } = ws.getUserData();
      if (socket === undefined) return;
      guarded(socket, handler, () => {
        if (bytes.byteLength > settings.maxFrameBytes) socket.close(CloseReason.tooBig);
        else socket.handler?.message(bytes, isBinary);
      });
    },
    ping: (ws) => {
      controlFrame(ws, handler);
    },
    pong: (ws) => {
      controlFrame(ws, handler);
    },
    drain: (ws) => {
      const { socket } = ws.getUserData();
      if (socket === undefined) return;
      guarded(socket, handler, () => {
        socket.handler?.drained();
      });
    },
    dropped: () => {
      handler.dropped();
    },
    close: (ws, code) => {
      const { socket } = ws.getUserData();
      socket?.markClosed();
      try {
        socket?.handler?.closed(code);
      } catch (error) {
        handler.failed(error);
      }
    },
  });
  app.any('/*', (response, request) => {
    answerHttp(response, request, handler);
  });
  return startListening(app, settings);
}

function startListening(app: TemplatedApp, settings: TransportSettings): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const option = settings.sharedPort ? SHARED_PORT : EXCLUSIVE_PORT;
    app.listen(settings.host, settings.port, option, (token) => {
      if (token === false) {
        const where = `${settings.host}:${String(settings.port)}`;
        reject(new AppError('ADDRESS_IN_USE', `PORT, HOST: can't listen on ${where}`, { retryable: true }));
        return;
      }
      let listening = true;
      const stopListening = (): void => {
        if (listening) uWS.us_listen_socket_close(token);
        listening = false;
      };
      resolve({
        port: uWS.us_socket_local_port(token),
        publish: (group, frame) => {
          app.publish(group, frame, false, false);
        },
        stopListening,
        [Symbol.dispose]: () => {
          listening = false;
          app.close();
        },
      });
    });
  });
}

/** uWS frees the request when this returns, so its facts are copied first and the answer is given at once. */
function upgrade(
  response: HttpResponse,
  request: HttpRequest,
  context: Parameters<HttpResponse['upgrade']>[4],
  handler: TransportHandler,
): void {
  // uWS takes any GET with a key for an upgrade; a proxy in between would not, and a body it would wait for.
  if (bodyOf(request) !== 'none' || request.getHeader('upgrade').toLowerCase() !== 'websocket') {
    answerHttp(response, request, handler);
    return;
  }
  if (request.getHeader('sec-websocket-version') !== '13') {
    writeAnswer(response, WRONG_VERSION);
    return;
  }
  const facts = factsOf(response, request);
  const key = request.getHeader('sec-websocket-key');
  const extensions = request.getHeader('sec-websocket-extensions');
  try {
    const answer = handler.upgrade(facts);
    if ('refused' in answer) {
      writeAnswer(response, answer.refused);
      return;
    }
    const data: UserData = { open: answer.open, socket: undefined };
    response.upgrade(data, key, answer.subProtocol ?? '', extensions, context);
  } catch (error) {
    handler.failed(error);
    writeAnswer(response, INTERNAL_ERROR);
  }
}

const WRONG_VERSION: HttpAnswer = {
  status: 426,
  headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
  body: 'WebSocket version 13',
};
const INTERNAL_ERROR: HttpAnswer = { status: 500, headers: {}, body: '' };

function controlFrame(ws: WebSocket<UserData>, handler: TransportHandler): void {
  const { socket } = ws.getUserData();
  if (socket === undefined) return;
  guarded(socket, handler, () => {
    socket.handler?.controlFrame();
  });
}

/** A throw in a uWS handler would end the process: the socket that caused it pays alone. */
function guarded(socket: UwsSocket, handler: TransportHandler, run: () => void): void {
  try {
    run();
  } catch (error) {
    handler.failed(error);
    socket.close(CloseReason.internal);
  }
}

/** What is being sent in one cork, kept here so that a flush makes no closure of its own. */
const corked: { ws: WebSocket<UserData> | undefined; frames: readonly Frame[] } = {
  ws: undefined,
  frames: [],
};

function sendCorked(): void {
  const { ws, frames } = corked;
  corked.ws = undefined;
  corked.frames = [];
  if (ws === undefined) return;
  for (const frame of frames) ws.send(frame, false, false);
}

/** Any method of a closed uWS socket throws: this one knows when it is closed. */
class UwsSocket implements Socket {
  /** Its owner, once that is made. */
  handler: SocketHandler | undefined;
  #ws: WebSocket<UserData> | undefined;

  constructor(ws: WebSocket<UserData>) {
    this.#ws = ws;
  }

  markClosed(): void {
    this.#ws = undefined;
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  send(frames: readonly Frame[]): void {
    const ws = this.#ws;
    if (ws === undefined) return;
    const [only] = frames;
    if (only !== undefined && frames.length === 1) {
      ws.send(only, false, false);
      return;
    }
    corked.ws = ws;
    corked.frames = frames;
    ws.cork(sendCorked);
  }

  close(reason: CloseReason): void {
    this.#ws?.end(reason.code, reason.reason);
  }

  cut(): void {
    this.#ws?.close();
  }

  enter(group: string): void {
    this.#ws?.subscribe(group);
  }

  leave(group: string): void {
    this.#ws?.unsubscribe(group);
  }
}
