import { readFileSync } from 'node:fs';
import { AppError } from '../../../shared/errors/app-error.ts';
import { agentIds, type AgentId } from '../registry.ts';

/** The prompts are read where people edit them, also when the service runs from `dist/`. */
const FOLDERS = [
  new URL('../prompts/', import.meta.url),
  new URL('../../../../chat-worker/agents/prompts/', import.meta.url),
];

/** What all agents are told, after what only one is. */
const COMMON = 'comum.md';

export type SystemPrompts = Readonly<Record<AgentId, string>>;

/**
 * Reads every agent's prompt once.
 * @throws AppError naming the file that is missing or empty
 */
export function loadSystemPrompts(): SystemPrompts {
  const common = readPrompt(COMMON);
  const prompts = agentIds.map((id) => [id, `${readPrompt(`${id}.md`)}\n\n${common}`] as const);
  return Object.fromEntries(prompts) as Record<AgentId, string>;
}

function readPrompt(file: string): string {
  for (const folder of FOLDERS) {
    const text = readIfThere(new URL(file, folder));
    if (text !== undefined && text.trim() !== '') return text.trim();
  }
  throw new AppError('PROMPT_MISSING', `chat-worker/agents/prompts/${file} is missing or empty`, {
    retryable: false,
  });
}

function readIfThere(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
