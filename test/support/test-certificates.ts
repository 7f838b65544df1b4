import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority and the certificate it gave to a host, in a folder of their own. */
export interface TestCertificates extends AsyncDisposable {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Node makes no certificates: `openssl` does, where there is one. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export function makeCertificates(host = 'localhost'): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  };
  writeFileSync(join(folder, 'names'), `subjectAltName=DNS:${host}`);
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test authority');
  openssl('req', ...key.slice(0, 3), '-keyout', 'tls.key', '-out', 'tls.csr', '-subj', `/CN=${host}`);
  openssl(
    ...['x509', '-req', '-in', 'tls.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'tls.crt', '-days', '2', '-extfile', 'names'],
  );
  return {
    authority: join(folder, 'ca.crt'),
    certificate: join(folder, 'tls.crt'),
    key: join(folder, 'tls.key'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
