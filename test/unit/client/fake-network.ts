import type { ServerEventData } from '../../../client/protocol.ts';
import type { WebSocketLike } from '../../../client/web-socket.ts';

export interface SentFrame {
  readonly type: string;
  readonly id?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Place {
  readonly channel?: string;
  readonly cursor?: string;
  readonly id?: string;
}

type Handler = ((event: never) => void) | null;

let events = 0;

/** A socket whose other side is the test. */
export class FakeSocket implements WebSocketLike {
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  readonly url: URL;
  readonly protocols: readonly string[];
  readonly sent: SentFrame[] = [];
  /** The client let go of it. */
  isReleased = false;
  answersPings = true;
  onSend: (frame: SentFrame) => void = () => undefined;

  constructor(url: string, protocols: readonly string[]) {
    this.url = new URL(url);
    this.protocols = protocols;
  }

  get since(): string | null {
    return this.url.searchParams.get('since');
  }

  send(text: string): void {
    const frame = JSON.parse(text) as SentFrame;
    this.sent.push(frame);
    this.onSend(frame);
    if (frame.type === 'ping' && this.answersPings) this.event('pong', {});
  }

  close(): void {
    this.isReleased = true;
  }

  terminate(): void {
    this.isReleased = true;
  }

  sentOf(type: string): readonly SentFrame[] {
    return this.sent.filter((frame) => frame.type === type);
  }

  /** Lets the client in, where a channel stands. */
  welcome(cursor = 'c0', recovered?: boolean): void {
    this.event('connection', {
      status: 'connected',
      session_id: 's',
      message: 'Conectado ao Cidadão.AI em tempo real',
      cursor,
      ...(recovered === undefined ? {} : { recovered }),
    });
  }

  event<Type extends keyof ServerEventData>(
    type: Type,
    data: ServerEventData[Type],
    place: Place = {},
  ): void {
    this.raw({ type, data, ...place });
  }

  /** An event of the session's channel. */
  durable<Type extends keyof ServerEventData>(type: Type, data: ServerEventData[Type], cursor: string): void {
    this.event(type, data, { channel: 'session', cursor, id: `e-${cursor}` });
  }

  raw(event: { readonly type: string; readonly data: unknown; readonly id?: string }): void {
    events += 1;
    this.text(JSON.stringify({ id: `t-${events}`, timestamp: new Date().toISOString(), ...event }));
  }

  text(data: string): void {
    call(this.onmessage, { data });
  }

  /** The other side, or the network, ends it. */
  end(code = 1006, reason = ''): void {
    call(this.onclose, { code, reason });
  }
}

/** Hands out sockets and keeps them. */
export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];
  onSocket: (socket: FakeSocket) => void = () => undefined;
  readonly WebSocket: new (url: string, protocols: string[]) => FakeSocket;

  constructor() {
    const opened = (socket: FakeSocket): void => {
      this.sockets.push(socket);
      this.onSocket(socket);
    };
    this.WebSocket = class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        opened(this);
      }
    };
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }
}

function call(handler: Handler, event: object): void {
  handler?.(event as never);
}

export const accepted = (requestId: string, message = 'Olá'): ServerEventData['chat_accepted'] => ({
  request_id: requestId,
  role: 'user',
  message,
});

export const chunk = (requestId: string, index: number, content: string): ServerEventData['chat'] => ({
  role: 'assistant',
  content,
  agent_id: 'drummond',
  agent_name: 'Carlos Drummond de Andrade',
  chunk: true,
  request_id: requestId,
  chunk_index: index,
});

export const complete = (
  requestId: string,
  content: string,
  status: 'completed' | 'cancelled' = 'completed',
): ServerEventData['chat_complete'] => ({
  status,
  request_id: requestId,
  agent_id: 'drummond',
  agent_name: 'Carlos Drummond de Andrade',
  content,
  is_complete: true,
});
