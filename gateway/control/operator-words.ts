import type { z } from 'zod';
import type { StoredMessage } from '../../shared/bus/bus.ts';
import {
  forgetMessage,
  forgottenMessage,
  revokeMessage,
  type ForgetMessage,
} from '../../shared/bus-protocol/control.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { checkShape } from '../../shared/socket-protocol/check-shape.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { coversSocket, type Revocations, type RevokeMessage } from '../auth/revocations.ts';
import type { GatewayEvents } from '../events.ts';
import { parsePayload, PayloadError } from '../outbound/stranger-payload.ts';
import type { Connection } from '../session/connection.ts';

/** A `control.forget` as it is stored. */
export interface StoredForget {
  readonly message: ForgetMessage;
  readonly sequence: number;
  readonly storedAtMs: number;
}

export interface OperatorWordsOptions {
  readonly revocations: Revocations;
  /** Every open socket of this gateway, those still on their way in too. */
  readonly connections: () => Iterable<Connection>;
  readonly onForget: (forget: StoredForget) => void;
  /** Some gateway has carried out the forget of this sequence. */
  readonly onForgotten: (sequence: number) => void;
  readonly events: GatewayEvents;
}

/** What a gateway does when it hears from an operator. */
export class OperatorWords {
  readonly #options: OperatorWordsOptions;

  constructor(options: OperatorWordsOptions) {
    this.#options = options;
  }

  /** `isNews` is false for what was said before this gateway took sockets: it closes none. */
  hear(message: StoredMessage, isNews: boolean): void {
    switch (message.subject) {
      case subjects.revoke:
        this.#readAs(revokeMessage, message, (said) => {
          this.#revoke(said, message.storedAtMs, isNews);
        });
        return;
      case subjects.forget:
        this.#readAs(forgetMessage, message, (said) => {
          const { sequence, storedAtMs } = message;
          this.#options.onForget({ message: said, sequence, storedAtMs });
        });
        return;
      case subjects.forgotten:
        this.#readAs(forgottenMessage, message, ({ forget }) => {
          this.#options.onForgotten(forget);
        });
        return;
      default:
        this.#refuse('bad id');
    }
  }

  #revoke(message: RevokeMessage, revokedAtMs: number, isNews: boolean): void {
    const { revocations, connections, events } = this.#options;
    revocations.apply(message, revokedAtMs);
    if (!isNews) return;
    const nowMs = Date.now();
    const covered = [...connections()].filter((socket) => coversSocket(message, revokedAtMs, socket, nowMs));
    for (const connection of covered) connection.close(CloseReason.revoked);
    events.revoked(kindOf(message), covered.length);
  }

  #readAs<Schema extends z.ZodType>(
    schema: Schema,
    { data }: StoredMessage,
    use: (said: z.infer<Schema>) => void,
  ): void {
    try {
      const said = checkShape(schema, parsePayload(data));
      if (said.success) use(said.data);
      else this.#refuse('wrong fields');
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#refuse(error.message);
    }
  }

  #refuse(reason: string): void {
    this.#options.events.invalidPayload('CONTROL', reason);
  }
}

function kindOf({ sub, jti }: RevokeMessage): 'sub' | 'jti' | 'session_id' {
  if (sub !== undefined) return 'sub';
  return jti !== undefined ? 'jti' : 'session_id';
}
