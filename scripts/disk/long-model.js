import { createServer } from 'node:http';
import { once } from 'node:events';
import { field } from '../start/json.js';

/**
 * An OpenAI-compatible server whose every answer is as long as it was told, in pieces of a token's length.
 *
 * @param {number} characters of each answer
 * @param {number} pieceCharacters
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function startLongModel(characters, pieceCharacters) {
  const piece = 'palavra '.repeat(pieceCharacters).slice(0, pieceCharacters);
  const chunk = (/** @type {object} */ delta, /** @type {string | null} */ end) => {
    const choices = [{ index: 0, delta, finish_reason: end }];
    const body = { id: 'disk', object: 'chat.completion.chunk', created: 0, model: 'disk', choices };
    return `data: ${JSON.stringify(body)}\n\n`;
  };
  const said = chunk({ content: piece }, null);
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: '' }, null));
      void stream(response, said, Math.floor(characters / pieceCharacters)).then(() => {
        response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String(field(server.address(), 'port'))}/v1`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {string} text of one piece
 * @param {number} count
 */
async function stream(response, text, count) {
  for (let sent = 0; sent < count; sent += 1) {
    if (!response.write(text)) await once(response, 'drain');
  }
}
