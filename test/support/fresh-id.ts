import { randomUUID } from 'node:crypto';

/** An identifier nobody else uses: tests of one file share a system, so each has sessions of its own. */
export function freshId(prefix: string): string {
  return `${prefix}-${randomUUID()}`;
}
