const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON a message carries; undefined when it carries none. */
export function parsePayload(data: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(data));
  } catch {
    return undefined; // Anybody may publish anything: the caller's schema refuses it.
  }
}
