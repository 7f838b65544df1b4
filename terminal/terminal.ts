import { ClientError, type Chat, type PastEvent, type Session, type Subscription } from '../client/index.ts';
import { HELP, parseCommand } from './command.ts';
import type { Screen } from './screen.ts';

/** A person in front of a session: their lines go in, what happens comes out. */
export class Terminal {
  readonly #session: Session;
  readonly #screen: Screen;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Chats asked here that have not ended. */
  readonly #asked = new Set<Chat>();
  #agentId: string | undefined;
  /** Answers come one after the other, also on the screen. */
  #showing: Promise<void> = Promise.resolve();

  constructor(session: Session, screen: Screen, agentId: string | undefined) {
    this.#session = session;
    this.#screen = screen;
    this.#agentId = agentId;
    this.#follow();
  }

  /** Whether an answer is awaited. */
  get isAnswering(): boolean {
    return this.#asked.size > 0;
  }

  /** Resolves when everything that was asked is answered. */
  async idle(): Promise<void> {
    await this.#showing;
  }

  /** Does what a line asks for; false when it is to leave. */
  enter(line: string): boolean {
    const command = parseCommand(line);
    switch (command.kind) {
      case 'ask':
        this.#ask(command.message);
        break;
      case 'cancel':
        this.cancel();
        break;
      case 'subscribe':
        this.#subscribe(command.investigationId);
        break;
      case 'unsubscribe':
        this.#subscriptions.get(command.investigationId)?.unsubscribe();
        this.#subscriptions.delete(command.investigationId);
        break;
      case 'history':
        this.#showing = this.#showing.then(() => this.#showHistory(command.limit));
        break;
      case 'agent':
        this.#agentId = command.agentId;
        this.#screen.print(`[responde: ${command.agentId ?? 'quem a pergunta pedir'}]`);
        break;
      case 'help':
        this.#screen.print(HELP);
        break;
      case 'wrong':
        this.#screen.print(command.why);
        break;
      case 'nothing':
        break;
      case 'quit':
        return false;
    }
    return true;
  }

  /** Ends the answer under way, and those that wait behind it. */
  cancel(): void {
    if (!this.isAnswering) this.#screen.print('[nada a interromper]');
    for (const chat of this.#asked) chat.cancel();
  }

  #ask(message: string): void {
    const options = this.#agentId === undefined ? {} : { agentId: this.#agentId };
    const chat = this.#attempt(() => this.#session.chat(message, options));
    if (chat === undefined) return;
    this.#asked.add(chat);
    // What it comes to is shown below; nobody else looks at it.
    chat.result.catch(() => undefined);
    this.#showing = this.#showing.then(() => this.#show(chat));
  }

  async #show(chat: Chat): Promise<void> {
    let isNamed = false;
    try {
      for await (const { delta, text, restarted } of chat) {
        if (restarted) this.#screen.print('[a resposta recomeçou]');
        if (!isNamed) this.#screen.stream(`${chat.agentName ?? 'Agente'}: `);
        isNamed = true;
        this.#screen.stream(restarted ? text : delta);
      }
      const { status } = await chat.result;
      this.#screen.print(status === 'cancelled' ? '[interrompida]' : '');
    } catch (error) {
      this.#screen.print(failure(error));
    } finally {
      this.#asked.delete(chat);
    }
  }

  #subscribe(investigationId: string): void {
    if (this.#subscriptions.has(investigationId)) return;
    const subscription = this.#attempt(() => this.#session.subscribe(investigationId));
    if (subscription === undefined) return;
    this.#subscriptions.set(investigationId, subscription);
    void this.#showEvents(investigationId, subscription);
  }

  async #showEvents(investigationId: string, subscription: Subscription): Promise<void> {
    try {
      for await (const event of subscription) {
        const what =
          event.type === 'gap' ? 'alguns eventos se perderam' : `${event.type} ${JSON.stringify(event.data)}`;
        this.#screen.print(`[${investigationId}] ${what}`);
      }
    } catch (error) {
      this.#subscriptions.delete(investigationId);
      const isLeaving = error instanceof ClientError && error.code === 'CLOSED';
      if (!isLeaving) this.#screen.print(failure(error));
    }
  }

  async #showHistory(limit: number): Promise<void> {
    try {
      const { events, more } = await this.#session.history({ limit });
      const lines = events.map(pastLine).filter((line) => line !== undefined);
      this.#screen.print([...(more ? ['[…]'] : []), ...lines].join('\n') || '[nada foi dito ainda]');
    } catch (error) {
      this.#screen.print(failure(error));
    }
  }

  #follow(): void {
    let wasLost = false;
    this.#session.on('status', (status) => {
      if (status.state === 'waiting') {
        const soon = status.retryInMs < 1_000 ? 'já' : `em ${Math.round(status.retryInMs / 1_000)} s`;
        if (!wasLost) this.#screen.print(`[sem conexão; tento de novo ${soon} e continuo de onde parou]`);
        wasLost = true;
      } else if (status.state === 'connected' && wasLost) {
        wasLost = false;
        this.#screen.print('[conectado de novo]');
      } else if (status.state === 'closed' && status.code !== 1000) {
        this.#screen.print(`[sessão encerrada: ${status.reason}]`);
      }
    });
    const confirmed = new Set<string>();
    this.#session.on('subscribed', ({ data: { investigation_id: id } }) => {
      if (!confirmed.has(id)) this.#screen.print(`[acompanhando ${id}]`);
      confirmed.add(id);
    });
    this.#session.on('unsubscribed', ({ data: { investigation_id: id } }) => {
      if (confirmed.delete(id)) this.#screen.print(`[não acompanha mais ${id}]`);
    });
    this.#session.on('notification', ({ data }) =>
      this.#screen.print(`[notificação] ${JSON.stringify(data)}`),
    );
  }

  /** What the client refuses at once is told, and nothing else happens. */
  #attempt<Result>(call: () => Result): Result | undefined {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.#screen.print(failure(error));
      return undefined;
    }
  }
}

function failure(error: unknown): string {
  if (!(error instanceof ClientError)) throw error;
  return `[${error.message} (${error.code})${error.retryable ? '; tente de novo' : ''}]`;
}

function pastLine({ type, data }: PastEvent): string | undefined {
  switch (type) {
    case 'chat_accepted':
      return `${data.user?.name ?? 'você'}> ${data.message}`;
    case 'chat_complete':
      return `${data.agent_name ?? 'Agente'}: ${data.content}${data.status === 'cancelled' ? ' [interrompida]' : ''}`;
    case 'error':
      return `[${data.message}]`;
    case 'notification':
      return `[notificação] ${JSON.stringify(data)}`;
  }
}
