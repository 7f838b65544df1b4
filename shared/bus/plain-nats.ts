import type { ToldMessage, Unsubscribe } from './bus.ts';
import { connectNats, type BrokerSettings } from './connect-nats.ts';

/** A NATS connection as any other service has it: no streams, no acknowledgements. */
export interface PlainNats extends AsyncDisposable {
  /** At most once, and nobody says whether it was stored. */
  publish(subject: string, data: string): void;
  /** `onRefused` is told when this user may not listen there: nothing comes then. */
  hear(
    subject: string,
    onMessage: (message: ToldMessage) => void,
    onRefused: (error: Error) => void,
  ): Unsubscribe;
  /** Resolves when the broker has had everything published so far. */
  flush(): Promise<void>;
}

/**
 * Connects as `role`, waiting for a broker that is not there yet.
 * @throws BrokerSetupError when the credentials are refused or can't be read
 */
export async function openPlainNats(
  settings: BrokerSettings,
  role: string,
  onWaiting: (error: unknown) => void,
  signal: AbortSignal,
): Promise<PlainNats> {
  const connection = await connectNats(settings, role, onWaiting, signal);
  return {
    publish: (subject, data) => {
      connection.publish(subject, data);
    },
    hear: (subject, onMessage, onRefused) => {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) onRefused(error);
          else onMessage({ subject: message.subject, data: message.data });
        },
      });
      return () => {
        subscription.unsubscribe();
      };
    },
    flush: () => connection.flush(),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
