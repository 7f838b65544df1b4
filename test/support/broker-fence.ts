import { spawnSync } from 'node:child_process';
import { IS_CLUSTER } from './broker-count.ts';
import { NATS_SERVER_PATH } from './nats-server.ts';

/** Where a message stands in a log, and after which it was to stand: 0 when it was to be the first. */
interface Fenced {
  readonly sequence: number;
  readonly expected: number | undefined;
}

/** Whether a broker refuses, on replicated streams too, what does not follow on the message it expects. */
export function holdsFence(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major > 2 || minor > 9 || (minor === 9 && patch >= 21);
}

/**
 * Whether a log shows what brokers before 2.9.21 do to a replicated stream when its leader changes: a message
 * that expects to follow another is stored although something else was stored there meanwhile.
 */
export function isFenceBroken(log: readonly Fenced[]): boolean {
  return log.some(
    ({ expected }, index) => expected !== undefined && expected !== (log[index - 1]?.sequence ?? 0),
  );
}

/**
 * Whether the broker of this run refuses whoever comes second: with one copy each does. A test that rests on it has
 * nothing to find on a cluster of older servers, where two may pass.
 */
export function brokerHoldsFence(): boolean {
  if (!IS_CLUSTER) return true;
  const { stdout } = spawnSync('nats-server', ['-v'], { env: { PATH: NATS_SERVER_PATH }, encoding: 'utf8' });
  return holdsFence(/v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '');
}
