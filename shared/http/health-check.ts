/**
 * For a container's health check: ends with 0 when the service in it answers 200 on a path of its admin port.
 *
 *   node dist/shared/http/health-check.js /readyz
 *
 * A container is one service: whichever of the two ports answers is its.
 */
const TIMEOUT_MS = 4_000;
const { ADMIN_PORT = '', WORKER_ADMIN_PORT = '' } = process.env;
const [, , path = '/healthz'] = process.argv;

const answers = [ADMIN_PORT || '9464', WORKER_ADMIN_PORT || '9465'].map(async (port) => {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { ok, status } = await fetch(`http://127.0.0.1:${port}${path}`, { signal });
  if (!ok) throw new Error(`${port} answers ${status}`);
});
process.exitCode = await Promise.any(answers).then(
  () => 0,
  () => 1,
);
