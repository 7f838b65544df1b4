interface OpenRequest {
  readonly message: string;
  readonly copies: number;
  accepted: boolean;
  cancelled: boolean;
}

/** What one client wants and does not know to be done: sent again on every new connection. */
export class OpenRequests {
  readonly #send: (message: object) => void;
  readonly #open = new Map<string, OpenRequest>();

  constructor(send: (message: object) => void) {
    this.#send = send;
  }

  ask(requestId: string, message: string, copies: number): void {
    this.#open.set(requestId, { message, copies, accepted: false, cancelled: false });
    this.send(requestId);
  }

  cancel(requestId: string): void {
    const request = this.#open.get(requestId) ?? { message: '', copies: 0, accepted: true, cancelled: false };
    this.#open.set(requestId, { ...request, cancelled: true });
    this.send(requestId);
  }

  sendAll(): void {
    for (const requestId of this.#open.keys()) this.send(requestId);
  }

  send(requestId: string): void {
    const request = this.#open.get(requestId);
    if (request === undefined) return;
    for (let copy = 0; !request.accepted && copy < request.copies; copy += 1) {
      this.#send({ type: 'chat', id: requestId, data: { message: request.message } });
    }
    if (request.cancelled) this.#send({ type: 'cancel', data: { request_id: requestId } });
  }

  accepted(requestId: string): void {
    const request = this.#open.get(requestId);
    if (request !== undefined) request.accepted = true;
  }

  /** A durable event of the session. */
  heard(type: string, requestId: string): void {
    this.accepted(requestId);
    if (type === 'chat_complete' || type === 'error') this.#open.delete(requestId);
  }
}
