import { isUtf8 } from 'node:buffer';

/** The encoding of a file. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export interface Decoded {
  /** Bytes that are no text in the encoding are replaced by `malformed`. */
  text: string;
  encoding: Encoding;
}

/**
 * The character for bytes that are no text in the encoding of their file. Unicode reserves it for internal use, unlike
 * U+FFFD, which a file may contain.
 */
export const malformed = '\ufdd0';

/**
 * Windows-1252 in the range where ISO 8859-1 has control characters (Unicode's mapping file CP1252.TXT).
 * Text with the declared encoding Latin-1 is nearly always in this superset. The five unassigned bytes stay as they are.
 */
const upperControls = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * Decodes bytes: as UTF-16 if they have its byte order mark or its zero bytes; as UTF-8 if all bytes, or most bytes
 * beyond ASCII, are valid UTF-8; else as Latin-1 in its Windows form. Latin-1 has a decoder of its own here, since
 * `TextDecoder('latin1')` is ISO 8859-1 in some releases of Node.
 *
 * @throws RangeError (of the engine) when the text is longer than a string can be.
 */
export function decode(bytes: Uint8Array): Decoded {
  const wide = utf16Of(bytes);
  if (wide !== undefined) return { text: decoded(bytes, wide), encoding: wide };
  if (isUtf8(bytes)) return { text: decoded(bytes, 'utf-8'), encoding: 'utf-8' };
  const lines = linesOfBytes(bytes).map((line) => decoded(line, 'utf-8'));
  const text = lines.join('');
  if (looksLikeLatin1(text)) return { text: windows1252(bytes), encoding: 'windows-1252' };
  return { text, encoding: 'utf-8' };
}

/** A remark on the encoding, for a notice; `undefined` for plain UTF-8. */
export function remarkOn(bytes: Uint8Array, encoding: Encoding): string | undefined {
  if (encoding === 'windows-1252') return 'not valid UTF-8; read as Latin-1 (Windows-1252)';
  if (encoding !== 'utf-8') {
    return bytes[0] >= 0xfe ? 'read as UTF-16' : 'every other byte is zero; read as UTF-16';
  }
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? 'begins with a byte order mark; read as UTF-8' : undefined;
}

/** The form of UTF-16 of bytes, from the byte order mark or from the zero bytes of Latin characters. */
export function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const units = Math.min(bytes.length >> 1, 4096);
  const zeros = [0, 0];
  for (let index = 0; index < units * 2; index++) if (bytes[index] === 0) zeros[index & 1]++;
  const [high, low] = zeros;
  if (low > units * 0.6 && high === 0) return 'utf-16le';
  return high > units * 0.6 && low === 0 ? 'utf-16be' : undefined;
}

/** The bytes, cut after each line feed. In UTF-8 and Latin-1 no other character has that byte. */
export function linesOfBytes(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

/** The text of bytes in an encoding; invalid bytes become `malformed`. */
function decoded(bytes: Uint8Array, encoding: Encoding): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return new TextDecoder(encoding).decode(bytes).replaceAll('\ufffd', malformed);
  }
}

/**
 * Whether a text that was decoded as UTF-8 looks like Latin-1: at most one in twenty characters beyond ASCII is valid
 * UTF-8, by chance. UTF-8 with a few bad bytes stays UTF-8.
 */
function looksLikeLatin1(text: string): boolean {
  const pieces = text.match(/[^\0-\u007f]/gu)?.length ?? 0;
  const bad = text.split(malformed).length - 1;
  return (pieces - bad) * 20 <= bad;
}

function windows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return latin1.replace(/[\u0080-\u009f]/g, (control) => upperControls[control.charCodeAt(0) - 0x80]);
}
