import fc from 'fast-check';

/**
 * Any text at all, half surrogate pairs included, and often enough something that looks like a message.
 * fast-check's own `unit: 'binary'` leaves halves out and takes seconds to set up in every test file.
 */
export function anyText(
  lengths: { readonly minLength?: number; readonly maxLength?: number } = {},
): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.integer({ min: 0xd800, max: 0xdfff }),
    fc.constantFrom(...' \n-_çãÉ\u0301\u200d\u202e'.split('').map((char) => char.charCodeAt(0))),
  );
  return fc.array(unit, lengths).map((units) => String.fromCharCode(...units));
}
