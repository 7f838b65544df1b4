/** What one line of input asks for. */
export type Command =
  | { readonly kind: 'ask'; readonly message: string }
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly investigationId: string }
  | { readonly kind: 'history'; readonly limit: number }
  | { readonly kind: 'agent'; readonly agentId: string | undefined }
  | { readonly kind: 'cancel' | 'help' | 'quit' | 'nothing' }
  | { readonly kind: 'wrong'; readonly why: string };

const HISTORY_LIMIT = 20;
const MOST_HISTORY = 200;

export const HELP = [
  '/cancel            interrompe a resposta',
  '/subscribe ID      acompanha uma investigação',
  '/unsubscribe ID    deixa de acompanhar',
  '/history [N]       o que já foi dito nesta sessão',
  '/agent [ID]        escolhe quem responde; sem ID, volta à escolha automática',
  '/quit              sai (as respostas em andamento continuam no servidor)',
].join('\n');

export function parseCommand(line: string): Command {
  const text = line.trim();
  if (text === '') return { kind: 'nothing' };
  if (!text.startsWith('/')) return { kind: 'ask', message: text };
  const [name = '', argument] = text.split(/\s+/);
  switch (name) {
    case '/cancel':
    case '/help':
    case '/quit':
      return { kind: name === '/cancel' ? 'cancel' : name === '/help' ? 'help' : 'quit' };
    case '/subscribe':
    case '/unsubscribe':
      if (argument === undefined)
        return { kind: 'wrong', why: `Falta o identificador: ${name} INV-2025-001` };
      return { kind: name === '/subscribe' ? 'subscribe' : 'unsubscribe', investigationId: argument };
    case '/agent':
      return { kind: 'agent', agentId: argument };
    case '/history':
      return historyCommand(argument);
    default:
      return { kind: 'wrong', why: `Não conheço ${name}. Os comandos são:\n${HELP}` };
  }
}

function historyCommand(argument: string | undefined): Command {
  const limit = argument === undefined ? HISTORY_LIMIT : Number(argument);
  return Number.isInteger(limit) && limit >= 1 && limit <= MOST_HISTORY
    ? { kind: 'history', limit }
    : { kind: 'wrong', why: `/history aceita um número de 1 a ${String(MOST_HISTORY)}` };
}
