const OLDEST = [20, 18];

/** Ends the process with one line when this Node is older than the project needs. */
export function assertNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  console.error(`Node ${OLDEST.join('.')} or newer is needed, this is ${process.versions.node}.`);
  process.exit(1);
}
