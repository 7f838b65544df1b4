import { allMessages } from './channels.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/** Messages that arrive through one door, to be told apart by their `type`. */
const UNIONS = [
  { group: 'client', file: 'client-message.json', title: 'Every message a client may send' },
  { group: 'server', file: 'server-event.json', title: 'Every event a client may get' },
] as const;

/** The JSON Schema of every message, by the path of its file: for languages that have no zod. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { name, summary, schema } of allMessages) {
    files.set(fileOf(name), write({ $schema: DRAFT, title: name, description: summary, ...schema }));
  }
  for (const { group, file, title } of UNIONS) {
    const members = allMessages.filter(({ name }) => name.startsWith(`${group}.`));
    const anyOf = members.map(({ name }) => ({ $ref: fileOf(name) }));
    files.set(file, write({ $schema: DRAFT, title, anyOf }));
  }
  return files;
}

/** `server.chat_accepted` is `server/chat_accepted.json`. */
function fileOf(name: string): string {
  return `${name.replace('.', '/')}.json`;
}

function write(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
