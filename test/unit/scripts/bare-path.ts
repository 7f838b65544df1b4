import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.ts';

/** A PATH with nothing on it but `env`: what a test does not put there does not exist. */
export class BarePath implements Disposable {
  readonly #temp = tempFolder();
  /** Where the PATH's only folder lies, beside whatever else a test needs. */
  readonly folder = this.#temp.path;
  readonly env: NodeJS.ProcessEnv = { PATH: join(this.folder, 'bin') };

  constructor() {
    mkdirSync(join(this.folder, 'bin'));
    symlinkSync('/usr/bin/env', this.bin('env'));
  }

  /** Where a program on the PATH stands, or would stand. */
  bin(name: string): string {
    return join(this.folder, 'bin', name);
  }

  [Symbol.dispose](): void {
    this.#temp[Symbol.dispose]();
  }
}

/** Writes a shell script that can be run. */
export function program(file: string, script: string): void {
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}
