import { field } from '../start/json.js';
import { MessageSocket } from '../trace/message-socket.js';

/** What somebody who asks about public spending asks in one sitting. */
const QUESTIONS = [
  'Olá! O que você sabe fazer?',
  'O que é dispensa de licitação?',
  'Explique em detalhes como funciona uma licitação',
  'Quais sinais mostram que um preço está acima do normal?',
];
export const CHATS_PER_SESSION = QUESTIONS.length;

/** @typedef {{ characters: number, chunks: number }} Answered */

/**
 * One session that asks each question when the last was answered.
 *
 * @param {number} port
 * @param {number} index
 * @returns {Promise<readonly Answered[]>} what came
 */
async function runSession(port, index) {
  /** @type {Answered[]} */
  const answers = [];
  let chunks = 0;
  /** @type {() => void} */
  let finished = () => undefined;
  /** @type {(reason: Error) => void} */
  let failed = () => undefined;
  const done = new Promise((/** @type {(value?: undefined) => void} */ resolve, reject) => {
    finished = resolve;
    failed = reject;
  });
  const socket = await MessageSocket.connect(port, `/ws/chat/disk-${index}`, (text) => {
    /** @type {unknown} */
    const event = JSON.parse(text);
    const type = field(event, 'type');
    if (type === 'chat') chunks += 1;
    if (type === 'error') failed(new Error(text));
    if (type !== 'chat_complete') return;
    answers.push({ characters: String(field(field(event, 'data'), 'content')).length, chunks });
    chunks = 0;
    if (answers.length === QUESTIONS.length) finished();
    else ask();
  });
  const ask = () => {
    socket.send({ type: 'chat', data: { message: QUESTIONS[answers.length] } });
  };
  ask();
  await done;
  socket.close();
  return answers;
}

/**
 * @param {number} port
 * @param {{ sessions: number, atOnce: number }} how
 * @returns {Promise<readonly Answered[]>} of every chat
 */
export async function runChats(port, { sessions, atOnce }) {
  /** @type {Answered[]} */
  const answers = [];
  let next = 0;
  const runner = async () => {
    while (next < sessions) {
      next += 1;
      answers.push(...(await runSession(port, next)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runner));
  return answers;
}
