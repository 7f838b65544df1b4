import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Screen } from '../../../terminal/screen.ts';

function shown(write: (screen: Screen) => void): string {
  const output = new PassThrough();
  write(new Screen(output));
  return String(output.read() ?? '');
}

describe('a screen', () => {
  test('shows a text as it comes, and other lines apart from it', () => {
    const text = shown((screen) => {
      screen.stream('Olá, ');
      screen.stream('mundo');
      screen.print('[nota]');
      screen.stream('fim\n');
      screen.print('[outra]');
    });
    expect(text).toBe('Olá, mundo\n[nota]\nfim\n[outra]\n');
  });

  test('lets no text move the cursor, colour or rename the terminal', () => {
    const evil = 'a\u001b[2Jb\u001b]0;título\u0007c\rd\u0008e\u009bf\tg';
    expect(shown((screen) => screen.stream(evil))).toBe('a[2Jb]0;títulocdef\tg');
  });
});
