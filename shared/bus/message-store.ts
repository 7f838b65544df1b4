import type { PublishOptions } from './bus.ts';
import { connectNats, inboxPrefixOf, type BrokerSettings } from './connect-nats.ts';
import { publishStored, type PublishDependencies } from './publish-stored.ts';
import { ReplyInbox } from './reply-inbox.ts';
import { storeMessage } from './store-message.ts';

/** The broker for who only stores messages in it, which is all that other services are allowed. */
export interface MessageStore extends AsyncDisposable {
  /**
   * Stores a message, or says that it could not be known.
   * @returns the sequence it is stored under
   * @throws UnavailableError the broker did not confirm within the deadline: it may be stored all the same
   * @throws StreamFullError the stream refuses more
   */
  publish(
    subject: string,
    data: string,
    options: Omit<PublishOptions, 'expectedLastSequence'>,
  ): Promise<number>;
}

/**
 * Connects as `role`, waiting for a broker that is not there yet, until `signal` aborts.
 * @throws BrokerSetupError when the credentials are refused or can't be read
 */
export async function openMessageStore(
  settings: BrokerSettings,
  role: string,
  onWaiting: (error: unknown) => void,
  signal: AbortSignal,
): Promise<MessageStore> {
  const connection = await connectNats(settings, role, onWaiting, signal);
  const inbox = new ReplyInbox(connection, inboxPrefixOf(role));
  const dependencies: PublishDependencies = {
    store: (subject, data, message) => storeMessage(inbox, subject, data, message),
    // Only asked where a message expects to follow another: these follow none.
    lastOf: () => Promise.resolve(undefined),
    // A try while disconnected fails after a second, and is made again.
    untilConnected: () => undefined,
  };
  return {
    publish: (subject, data, options) => publishStored(subject, data, options, dependencies),
    [Symbol.asyncDispose]: async () => {
      await connection.close();
      inbox[Symbol.dispose]();
    },
  };
}
