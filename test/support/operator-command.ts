import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TEST_SHARDS } from './test-shards.ts';

/** What a command of the operator said, and how it ended. */
export interface CommandResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs one of the built commands as a process of its own, with nothing of this process's environment. */
export function runOperatorCommand(
  command: 'inspect' | 'streams-ensure',
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const script = fileURLToPath(new URL(`../../dist/shared/operator/${command}.js`, import.meta.url));
  const { PATH = '' } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { env: { PATH, STREAM_SHARDS: String(TEST_SHARDS.count), ...environment }, timeout: 25_000 },
      (_error, output, errors) => {
        resolve({ code: child.exitCode ?? -1, output, errors });
      },
    );
  });
}
