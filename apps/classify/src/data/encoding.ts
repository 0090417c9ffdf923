/** How the bytes of a file were read. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export interface Decoded {
  text: string;
  encoding: Encoding;
}

/**
 * Windows-1252 in the range where ISO 8859-1 has control characters (Unicode's mapping file CP1252.TXT).
 * Text that calls itself Latin-1 is nearly always this superset. The five unassigned bytes stay as they are.
 */
const upperControls = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * Reads bytes as text: by byte order mark where there is one, else UTF-8 where the bytes are valid UTF-8, else
 * Latin-1 in its Windows form. Done by hand rather than with `TextDecoder('latin1')`, which some releases of
 * Node read as ISO 8859-1.
 *
 * @throws RangeError (of the engine) when the text is longer than a string can be.
 */
export function decode(bytes: Uint8Array): Decoded {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return withDecoder(bytes, 'utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return withDecoder(bytes, 'utf-16be');
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { text: windows1252(bytes), encoding: 'windows-1252' };
  }
}

function withDecoder(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): Decoded {
  return { text: new TextDecoder(encoding).decode(bytes), encoding };
}

function windows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return latin1.replace(/[\u0080-\u009f]/g, (control) => upperControls[control.charCodeAt(0) - 0x80]);
}
