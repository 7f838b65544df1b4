import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { mappingOf, probesOf, type SessionShards } from '../bus-protocol/session-shards.ts';
import { subjects } from '../bus-protocol/subjects.ts';
import { BrokerSetupError, UnavailableError } from './bus-errors.ts';
import { ELECTION_MS } from './elections.ts';
import { untilAvailable } from './until-available.ts';

const REQUEST_TIMEOUT_MS = 2_000;
/** No stream gets this far: what expects it is refused by every stream, and never stored. */
const IMPOSSIBLE_SEQUENCE = Number.MAX_SAFE_INTEGER;
const STREAM_MISMATCH = 10060;
const WRONG_LAST_SEQUENCE = 10071;

/**
 * Whether the broker maps what is published of sessions to the streams in which it is looked for. The mapping
 * stands in the broker's configuration, where no service sees it, so it is asked with messages that only the
 * right stream would refuse for their position. Nothing is stored.
 *
 * `replicated`: a stream without a leader answers like none at all, for as long as an election takes.
 * @throws BrokerSetupError when there is no such mapping, or one for another number
 * @throws UnavailableError when the broker does not say
 */
export async function checkMapping(
  jetstream: Pick<JetStreamClient, 'publish'>,
  shards: SessionShards,
  replicated: boolean,
  signal?: AbortSignal,
): Promise<void> {
  for (const sessionId of probesOf(shards)) {
    try {
      await untilAvailable(() => probe(jetstream, shards, sessionId, replicated), ELECTION_MS, signal);
    } catch (error) {
      if (!(error instanceof WrongStreamError) && !(error instanceof NoStreamError)) throw error;
      throw new BrokerSetupError(adviceFor(shards), error);
    }
  }
}

function adviceFor({ count }: SessionShards): string {
  const { found, needed } =
    count === 1
      ? { found: 'spreads sessions over several streams', needed: 'no mapping of session.*.>' }
      : {
          found: `does not spread sessions over ${count} streams`,
          needed: `mappings: { ${mappingOf(count)} }`,
        };
  return (
    `STREAM_SHARDS is ${count}, but the broker ${found}: its configuration needs ${needed} ` +
    '(see docs/OPERATIONS.md)'
  );
}

/** No stream takes the subject, or the one that does has no leader just now. */
class NoStreamError extends UnavailableError {}

class WrongStreamError extends Error {}

/** Resolves when the broker would store what is published of this session in its stream. */
async function probe(
  jetstream: Pick<JetStreamClient, 'publish'>,
  shards: SessionShards,
  sessionId: string,
  replicated: boolean,
): Promise<void> {
  const subject = subjects.chatLog(sessionId, 'probe');
  const expect = { streamName: shards.streamOf(sessionId), lastSubjectSequence: IMPOSSIBLE_SEQUENCE };
  try {
    await jetstream.publish(subject, '', { expect, timeout: REQUEST_TIMEOUT_MS });
  } catch (error) {
    const code = error instanceof JetStreamApiError ? error.code : undefined;
    if (code === WRONG_LAST_SEQUENCE) return;
    if (code === STREAM_MISMATCH) throw new WrongStreamError(subject, { cause: error });
    if (isUnanswered(error) && replicated) throw new NoStreamError(subject, error);
    if (isUnanswered(error)) throw new WrongStreamError(subject, { cause: error });
    // A refusal by permissions names another subject, and nobody hears of it but the broker's log.
    throw new UnavailableError(`${subject}, which this user must be allowed to publish mapped, too`, error);
  }
  throw new WrongStreamError(`${subject} was stored`);
}

/** Nobody listens on the subject. The client has a name for it that it does not export. */
function isUnanswered(error: unknown): boolean {
  if (error instanceof errors.NoRespondersError) return true;
  return error instanceof Error && error.name === 'JetStreamNotEnabled';
}
