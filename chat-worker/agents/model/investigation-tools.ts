import type { ChatCompletionFunctionTool } from 'openai/resources/chat/completions';
import { z } from 'zod';
import { isIdentifier } from '../../../shared/socket-protocol/identifiers.ts';
import type { InvestigationReader, ToolCall } from '../agent.ts';
import { investigationFacts, type InvestigationFacts } from '../investigation-facts.ts';
import { unlessAborted } from '../streaming/unless-aborted.ts';
import { anomaliesText, shortened, statusText, timelineText } from './investigation-texts.ts';
import type { RequestedToolCall } from './tool-call-assembly.ts';

const investigationId = {
  type: 'string',
  description: 'Identificador da investigação, exatamente como foi citado',
};
const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;

function tool(
  name: string,
  description: string,
  properties: Readonly<Record<string, unknown>> = {},
): ChatCompletionFunctionTool {
  return {
    type: 'function',
    function: {
      name,
      description,
      parameters: {
        type: 'object',
        properties: { investigation_id: investigationId, ...properties },
        required: ['investigation_id'],
        additionalProperties: false,
      },
    },
  };
}

/** What a model may look up. All of it only reads. */
export const investigationTools: readonly ChatCompletionFunctionTool[] = [
  tool(
    'status',
    'Situação, progresso, achados, fornecedores e contagens de uma investigação, com as fontes.',
  ),
  tool('anomalies', 'Anomalias de uma investigação, com gravidade, valor, fornecedor e fonte de cada uma.', {
    severity: { type: 'string', enum: severities, description: 'Só desta gravidade' },
    order: { type: 'string', enum: ['severity', 'amount'], description: 'Padrão: severity' },
  }),
  tool('timeline', 'Eventos de uma investigação em ordem de tempo.', {
    latest: { type: 'integer', minimum: 1, description: 'Só os mais recentes, até este número' },
  }),
];

const target = { investigation_id: z.string().refine(isIdentifier) };
const schemas = {
  status: z.object(target),
  anomalies: z.object({
    ...target,
    severity: z.enum(severities).nullish(),
    order: z.enum(['severity', 'amount']).nullish(),
  }),
  timeline: z.object({ ...target, latest: z.coerce.number().int().min(1).nullish() }),
} as const;

/** A result longer than this leaves no room for the rest of the conversation. */
const MAX_RESULT_CHARACTERS = 24_000;

/** The investigations one answer draws on, each read once. */
export class InvestigationDesk {
  readonly #investigations: InvestigationReader;
  readonly #signal: AbortSignal;
  readonly #facts = new Map<string, Promise<InvestigationFacts>>();

  constructor(investigations: InvestigationReader, signal: AbortSignal) {
    this.#investigations = investigations;
    this.#signal = signal;
  }

  /** Without events for what does not exist, or the asker may not see. @throws UnavailableError */
  facts(id: string): Promise<InvestigationFacts> {
    const facts = this.#facts.get(id) ?? this.#read(id);
    this.#facts.set(id, facts);
    return facts;
  }

  /** A call's result, or what is wrong with it, in words for the model. */
  async call({ id, name, arguments: given }: RequestedToolCall): Promise<ToolCall> {
    const result = await this.#resultOf(name, given);
    return { id, name, arguments: given, result: shortened(result, MAX_RESULT_CHARACTERS) };
  }

  async #resultOf(name: string, given: string): Promise<string> {
    switch (name) {
      case 'status': {
        const asked = schemas.status.safeParse(parse(given)).data;
        return asked === undefined
          ? wrongArguments(name)
          : statusText(await this.facts(asked.investigation_id));
      }
      case 'anomalies': {
        const asked = schemas.anomalies.safeParse(parse(given)).data;
        if (asked === undefined) return wrongArguments(name);
        const filter = { severity: asked.severity ?? undefined, byAmount: asked.order === 'amount' };
        return anomaliesText(await this.facts(asked.investigation_id), filter);
      }
      case 'timeline': {
        const asked = schemas.timeline.safeParse(parse(given)).data;
        if (asked === undefined) return wrongArguments(name);
        return timelineText(await this.facts(asked.investigation_id), asked.latest ?? undefined);
      }
      default:
        return 'Essa ferramenta não existe. As que existem: status, anomalies, timeline.';
    }
  }

  async #read(id: string): Promise<InvestigationFacts> {
    const events = this.#investigations.events(id, this.#signal);
    return investigationFacts(id, await unlessAborted(events, this.#signal));
  }
}

function wrongArguments(name: string): string {
  return `Os argumentos de ${name} não são válidos: é preciso um objeto JSON com "investigation_id".`;
}

/** Undefined for what is no JSON, which the caller's schema refuses. */
function parse(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}
