const IDENTIFIER = /^[A-Za-z0-9_-]{1,128}$/;

export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** Of random bytes; `crypto.randomUUID` exists in secure contexts only. */
export function freshIdentifier(prefix: string, bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return prefix + Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
