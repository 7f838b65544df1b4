import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { NatsServer } from '../../support/nats-server.ts';
import { credentials, startRoleBroker } from '../../support/role-broker.ts';
import { hasOpenssl, makeCertificates, type TestCertificates } from '../../support/test-certificates.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TLS_CONF = readFileSync(join(ROOT, 'deploy/nats/tls.conf'), 'utf8');

/** One of the operator's commands, as a process: what it trusts is set before Node starts. */
function ensureStreams(
  natsUrl: string,
  environment: Record<string, string> = {},
): { code: number; said: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'dist/shared/operator/streams-ensure.js')],
    {
      env: { PATH: process.env['PATH'], NATS_URL: natsUrl, ...credentials('operator'), ...environment },
      encoding: 'utf8',
    },
  );
  return { code: status ?? -1, said: stdout + stderr };
}

function startTlsBroker({ certificate, key }: TestCertificates): Promise<NatsServer> {
  const tls = TLS_CONF.replace('/etc/nats/tls.crt', certificate).replace('/etc/nats/tls.key', key);
  return startRoleBroker({ 'tls.conf': tls });
}

describe.skipIf(!hasOpenssl())('a broker with TLS', () => {
  let owned: DisposalStack;
  let nats: NatsServer;
  let trusting: Record<string, string>;
  beforeAll(async () => {
    owned = new DisposalStack();
    const certificates = owned.use(makeCertificates());
    nats = owned.use(await startTlsBroker(certificates));
    trusting = { NODE_EXTRA_CA_CERTS: certificates.authority };
  });
  afterAll(() => owned[Symbol.asyncDispose]());

  it('is spoken to when its authority is trusted', () => {
    const { code, said } = ensureStreams(`tls://localhost:${nats.port}`, trusting);
    expect(said).toContain('are as configured');
    expect(code).toBe(0);
  });

  const untrusted = (problem: string): string =>
    `NATS_URL: the broker's certificate is not trusted (${problem})\n`;

  it('is not told a password when nobody knows its authority', () => {
    const { code, said } = ensureStreams(`tls://localhost:${nats.port}`);
    expect(code).toBe(1);
    expect(said).toBe(untrusted('UNABLE_TO_VERIFY_LEAF_SIGNATURE'));
  });

  it('is not told a password when its certificate is another host’s', async () => {
    await using elsewhere = makeCertificates('broker.example');
    await using other = await startTlsBroker(elsewhere);
    const trustingOther = { NODE_EXTRA_CA_CERTS: elsewhere.authority };
    const { code, said } = ensureStreams(`tls://localhost:${other.port}`, trustingOther);
    expect(code).toBe(1);
    expect(said).toBe(untrusted('ERR_TLS_CERT_ALTNAME_INVALID'));
  });

  it('is the only one that is told a password when the address says so', async () => {
    await using plain = await NatsServer.start();
    const { code, said } = ensureStreams(`tls://${plain.url}`, trusting);
    expect(code).toBe(1);
    expect(said).toBe('NATS_URL: the broker has no TLS\n');
  });

  it('names the settings, and not their values, when they are wrong', () => {
    const { code, said } = ensureStreams(`tls://localhost:${nats.port}`, {
      ...trusting,
      NATS_PASSWORD: 'wr0ng-c4nary',
    });
    expect(code).toBe(1);
    expect(said).toBe('NATS_USER, NATS_PASSWORD or NATS_CREDS: the broker refuses them\n');
  });
});
