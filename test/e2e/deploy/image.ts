import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ROOT } from '../../house/source-tree.ts';

/** One instruction of the last stage of the Dockerfile. */
interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** A folder as the image's `/app` would be, made by what the Dockerfile says, without an engine. */
export class Image implements Disposable {
  readonly folder: string;
  readonly #instructions: readonly Instruction[];

  private constructor(folder: string, instructions: readonly Instruction[]) {
    this.folder = folder;
    this.#instructions = instructions;
  }

  static build(): Image {
    const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    const image = new Image(mkdtempSync(join(tmpdir(), 'image-')), lastStage(text));
    for (const copy of image.#of('COPY')) image.#copy(copy);
    const pruning = /&& (find node_modules\/uWebSockets\.js .*-delete)$/m.exec(text)?.[1];
    if (pruning === undefined) throw new Error('the Dockerfile does not prune the socket library');
    const { status } = spawnSync('sh', ['-c', pruning], { cwd: image.folder });
    if (status !== 0) throw new Error(`failed: ${pruning}`);
    return image;
  }

  /** What `CMD` and the command of `HEALTHCHECK` say. */
  get command(): readonly string[] {
    return listIn(this.#of('CMD')[0]);
  }

  get healthCheck(): readonly string[] {
    return listIn(this.#of('HEALTHCHECK')[0]);
  }

  get user(): string | undefined {
    return this.#of('USER')[0];
  }

  get environment(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#of('ENV').map((text) => text.split('=', 2) as [string, string]));
  }

  /** The native binaries that are left. */
  get binaries(): readonly string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.node'),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #of(name: string): readonly string[] {
    return this.#instructions.filter((one) => one.name === name).map(({ text }) => text);
  }

  #copy(text: string): void {
    const words = text.split(/\s+/);
    const stage =
      words[0]?.startsWith('--from=') === true ? words.shift()?.slice('--from='.length) : undefined;
    const target = words.pop() ?? '';
    for (const word of words) {
      const source = word.replace(/^\/app\//, '');
      const to = target.endsWith('/')
        ? join(this.folder, target, source.split('/').at(-1) ?? '')
        : join(this.folder, target);
      if (stage === 'dependencies') copyProductionModules(join(this.folder, target));
      else cpSync(join(ROOT, source), to, { recursive: true });
    }
  }
}

/** What `npm ci --omit=dev` would install, from what is installed here. */
function copyProductionModules(target: string): void {
  const args = ['ls', '--omit=dev', '--all', '--parseable'];
  const { stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  const modules = stdout.split('\n').filter((path) => path.includes('/node_modules/'));
  if (modules.length < 20) throw new Error('npm does not list the dependencies');
  for (const path of modules) {
    // Optional and of another platform.
    if (!existsSync(path)) continue;
    const to = join(target, relative(join(ROOT, 'node_modules'), path));
    // One inside another came with it.
    if (existsSync(to)) continue;
    mkdirSync(dirname(to), { recursive: true });
    // Hard links: fast, and what the image removes is removed in its folder only.
    const { status } = spawnSync('cp', ['-al', path, to]);
    if (status !== 0) cpSync(path, to, { recursive: true });
  }
}

function lastStage(text: string): readonly Instruction[] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n');
  const stage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  return stage
    .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line))
    .flatMap((match) => (match === null ? [] : [{ name: match[1] ?? '', text: match[2] ?? '' }]));
}

function listIn(text = ''): readonly string[] {
  const list: unknown = JSON.parse(text.slice(text.indexOf('[')));
  if (!Array.isArray(list)) throw new Error(`no list: ${text}`);
  return list.map(String);
}
