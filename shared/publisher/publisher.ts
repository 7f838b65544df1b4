import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { BrokerSettings } from '../bus/connect-nats.ts';
import { openMessageStore, type MessageStore } from '../bus/message-store.ts';
import {
  anomalyPayload,
  investigationUpdatePayload,
  notificationPayload,
} from '../bus-protocol/publications.ts';
import { subjects } from '../bus-protocol/subjects.ts';
import { AppError } from '../errors/app-error.ts';
import { MAX_NOTIFICATION_BYTES } from '../socket-protocol/limits.ts';
import { activeTraceHeaders } from '../telemetry/active-trace.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';

const DEADLINE_MS = 30_000;

/** What clients see of an anomaly at a glance; every other field reaches them in `details`. */
export type Anomaly = z.input<typeof anomalyPayload>;
export type JsonObject = Readonly<Record<string, unknown>>;

export interface NotifyOptions {
  /** Of one event: told twice under the same id within ten seconds, it is stored once. Made up by default. */
  readonly messageId?: string;
  /** What it belongs to; that of the OpenTelemetry span it is called in by default. */
  readonly trace?: TraceContext;
  /** How long to keep trying, milliseconds; 30,000 by default. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** The event can't be published as it is: clients would never see it. */
export class PublicationError extends AppError {
  constructor(message: string, cause?: unknown) {
    super('INVALID_PUBLICATION', message, { retryable: false, cause });
  }
}

/**
 * Tells clients what happens in other services. Every method resolves when the event is stored, and so will
 * reach everybody who follows it now or comes back to it later, with the sequence it is stored under.
 *
 * @throws PublicationError, before anything is sent, for a bad id or payload
 * @throws UnavailableError the broker did not confirm in time: told again under the same `messageId` it is
 * stored once
 */
export class EventPublisher implements AsyncDisposable {
  readonly #store: MessageStore;

  constructor(store: MessageStore) {
    this.#store = store;
  }

  /**
   * Connects as the broker's role `publisher`, waiting for a broker that is not there yet.
   * @throws BrokerSetupError when the credentials are refused or can't be read
   */
  static async connect(
    settings: Pick<BrokerSettings, 'natsUrl'> & Partial<BrokerSettings>,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<EventPublisher> {
    const none = { natsCreds: undefined, natsUser: undefined, natsPassword: undefined };
    const store = await openMessageStore({ ...none, ...settings }, 'publisher', () => undefined, signal);
    return new EventPublisher(store);
  }

  /** Becomes `investigation_<updateType>` for everybody who follows the investigation. */
  async notifyInvestigationUpdate(
    investigationId: string,
    updateType: string,
    data: JsonObject,
    options: NotifyOptions = {},
  ): Promise<number> {
    if (updateType === 'anomaly') {
      throw new PublicationError('Anomalies are told with notifyAnomalyDetected');
    }
    const subject = checked(() => subjects.investigationEvent(investigationId, updateType));
    return this.#publish(subject, investigationUpdatePayload, data, options);
  }

  /** Becomes `anomaly_detected` for everybody who follows the investigation. */
  async notifyAnomalyDetected(
    investigationId: string,
    anomaly: Anomaly,
    options: NotifyOptions = {},
  ): Promise<number> {
    const subject = checked(() => subjects.investigationEvent(investigationId, 'anomaly'));
    return this.#publish(subject, anomalyPayload, anomaly, options);
  }

  /** Becomes `notification` on every socket of the session. */
  async notifyChatSession(
    sessionId: string,
    notification: JsonObject,
    options: NotifyOptions = {},
  ): Promise<number> {
    const subject = checked(() => subjects.notification(sessionId));
    return this.#publish(subject, notificationPayload, notification, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }

  #publish(subject: string, schema: z.ZodType, payload: object, options: NotifyOptions): Promise<number> {
    const { messageId = randomUUID(), deadlineMs = DEADLINE_MS, trace, signal } = options;
    return this.#store.publish(subject, encode(schema, payload), {
      messageId,
      deadlineMs,
      headers: trace === undefined ? activeTraceHeaders() : headersOf(trace),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

function checked(subject: () => string): string {
  try {
    return subject();
  } catch (error) {
    throw new PublicationError('Ids and kinds are 1 to 128 letters, digits, "_" and "-"', error);
  }
}

function encode(schema: z.ZodType, payload: object): string {
  let json: string;
  try {
    json = JSON.stringify(payload);
    schema.parse(JSON.parse(json));
  } catch (error) {
    throw new PublicationError('The payload is not the JSON object it has to be', error);
  }
  if (Buffer.byteLength(json) > MAX_NOTIFICATION_BYTES) {
    throw new PublicationError(`The payload is longer than ${MAX_NOTIFICATION_BYTES} bytes`);
  }
  return json;
}

function headersOf({ traceparent, tracestate }: TraceContext): Readonly<Record<string, string>> {
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}
