import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { forgetMessage } from '../bus-protocol/control.ts';
import { subjects } from '../bus-protocol/subjects.ts';
import { AppError } from '../errors/app-error.ts';
import { asOperator } from './as-operator.ts';

/** `npm run forget -- --session ID` or `-- --sub SUB`: asks the gateways to erase what is kept of them. */
const USAGE = 'Usage: npm run forget -- --session <session_id>, or npm run forget -- --sub <sub>';
const DEADLINE_MS = 10_000;

function readMessage(): string {
  const { session, sub } = readOptions();
  const asked = {
    ...(session === undefined ? {} : { session_id: session }),
    ...(sub === undefined ? {} : { sub }),
  };
  const message = Object.keys(asked).length === 1 ? forgetMessage.safeParse(asked).data : undefined;
  if (message === undefined) throw new AppError('USAGE', USAGE, { retryable: false });
  return JSON.stringify(message);
}

function readOptions(): { session?: string | undefined; sub?: string | undefined } {
  try {
    return parseArgs({ options: { session: { type: 'string' }, sub: { type: 'string' } } }).values;
  } catch (error) {
    throw new AppError('USAGE', USAGE, { retryable: false, cause: error });
  }
}

await asOperator(() => {
  const message = readMessage();
  return async (bus) => {
    const sequence = await bus.publish(subjects.forget, message, {
      messageId: randomUUID(),
      deadlineMs: DEADLINE_MS,
    });
    return (
      `Stored as message ${String(sequence)} of CONTROL. A gateway erases it now and logs "erased"; when ` +
      `nothing of it can still be on its way it stores ${subjects.forgotten}.`
    );
  };
});
