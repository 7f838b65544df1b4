import { AppError } from '../errors/app-error.ts';

/** The codes an `error` event may carry, with the text a person sees. */
export const ERROR_TEXTS = {
  INVALID_MESSAGE: 'Mensagem inválida',
  UNKNOWN_TYPE: 'Tipo de mensagem desconhecido',
  INVALID_ID: 'Identificador inválido',
  FORBIDDEN: 'Acesso negado',
  NOT_FOUND: 'Não encontrado',
  RATE_LIMIT: 'Muitas mensagens.',
  LIMIT: 'Limite atingido',
  UNAVAILABLE: 'Serviço temporariamente indisponível',
  CHAT_FAILED: 'Erro ao processar mensagem',
} as const;

export type ErrorCode = keyof typeof ERROR_TEXTS;

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['RATE_LIMIT', 'LIMIT', 'UNAVAILABLE']);

/** Anything wrong with one message of one client: told to that socket only, which stays open. */
export class ProtocolError extends AppError {
  declare readonly code: ErrorCode;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    details: { requestId?: string | undefined; retryAfterMs?: number; text?: string; cause?: unknown } = {},
  ) {
    super(code, details.text ?? textOf(code, details.retryAfterMs), {
      retryable: RETRYABLE.has(code),
      ...('cause' in details ? { cause: details.cause } : {}),
    });
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
  }
}

function textOf(code: ErrorCode, retryAfterMs: number | undefined): string {
  if (code !== 'RATE_LIMIT' || retryAfterMs === undefined) return ERROR_TEXTS[code];
  return `Muitas mensagens. Aguarde ${String(Math.max(1, Math.ceil(retryAfterMs / 1000)))} segundos.`;
}
