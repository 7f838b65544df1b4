import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  anomalyPayload,
  investigationUpdatePayload,
  notificationPayload,
} from '../../shared/bus-protocol/publications.ts';
import { parseInvestigationSubject, parseSessionSubject } from '../../shared/bus-protocol/subjects.ts';
import { System } from '../support/system.ts';

const page = readFileSync(new URL('../../docs/PUBLISHING.md', import.meta.url), 'utf8');

function snippet(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1];
  if (found === undefined) throw new Error(`no ${language} in docs/PUBLISHING.md`);
  return found;
}

function firstOf(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing like ${pattern.source}`);
  return found;
}

const python = snippet('python');
const go = snippet('go');
const shell = snippet('sh');

/** What each example publishes. */
const publications: readonly (readonly [string, string, string])[] = [
  ['Python', firstOf(python, /subject = "([^"]+)"/), firstOf(python, /payload = (\{[\s\S]*?\n {4}\})/)],
  ['Go', firstOf(go, /NewMsg\("([^"]+)"\)/), firstOf(go, /\[\]byte\(`([^`]+)`\)/)],
  ...[...shell.matchAll(/^nats \w+ (?:--raw )?(\S+) '([^']+)'$/gm)].map(
    ([, subject = '', payload = '']) => [`nats ${subject}`, subject, payload] as const,
  ),
];

/** What a subject takes; undefined for one that no client hears of. */
function schemaOf(subject: string): z.ZodType | undefined {
  const investigation = parseInvestigationSubject(subject);
  if (investigation !== undefined) {
    return investigation.kind === 'anomaly' ? anomalyPayload : investigationUpdatePayload;
  }
  return parseSessionSubject(subject)?.kind === 'notification' ? notificationPayload : undefined;
}

const has = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const hasPython = has('python3', '--version');
const hasNatsPy = hasPython && has('python3', '-c', 'import nats');
const hasNatsCli = has('nats', '--version');

describe('the examples of docs/PUBLISHING.md', () => {
  it.each(publications)('in %s publish what clients get', (_, subject, payload) => {
    const schema = schemaOf(subject);
    expect(schema).toBeDefined();
    expect(schema?.parse(JSON.parse(payload))).toEqual(JSON.parse(payload));
  });

  it('are in three languages and for all three kinds of events', () => {
    expect(publications).toHaveLength(4);
    expect(new Set(publications.map(([, subject]) => schemaOf(subject))).size).toBe(3);
  });

  it.runIf(hasPython)('in Python are Python', () => {
    const compile = 'import ast, sys; ast.parse(sys.stdin.read())';
    const { status, stderr } = spawnSync('python3', ['-c', compile], { input: python, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe.runIf(hasNatsPy || hasNatsCli)('run against a broker', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({ workers: 0 });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const run = (command: string, args: readonly string[]): Promise<{ stdout: string }> =>
    promisify(execFile)(command, [...args], {
      env: { ...process.env, NATS_URL: `nats://${system.nats.url}` },
    });

  it.runIf(hasNatsPy)('the Python one reaches clients', async () => {
    await using socket = await system.openInvestigation('INV-1');
    const { stdout } = await run('python3', ['-c', python]);
    expect(stdout).toMatch(/^stored in INVESTIGATIONS as \d+\n$/);
    expect((await socket.next('anomaly_detected')).data['severity']).toBe('high');
  });

  it.runIf(hasNatsCli)('the command lines reach clients', async () => {
    await using socket = await system.openChat('s-1');
    await using investigation = await system.openInvestigation('INV-1');
    await run('sh', ['-c', shell]);
    expect((await socket.next('notification')).data['report_id']).toBe(17);
    expect((await investigation.next('investigation_report')).data['pages']).toBe(12);
  });
});
