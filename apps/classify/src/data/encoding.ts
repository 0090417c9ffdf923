import { isUtf8 } from 'node:buffer';

/** How the bytes of a file were read. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export interface Decoded {
  /** With `malformed` in the place of bytes that are no text in the encoding. */
  text: string;
  encoding: Encoding;
}

/**
 * Stands for bytes that are no text in the encoding of their file: one of the code points that Unicode keeps for such
 * use inside a program. Not U+FFFD, which is text where a file has it.
 */
export const malformed = '\ufdd0';

/**
 * Windows-1252 in the range where ISO 8859-1 has control characters (Unicode's mapping file CP1252.TXT).
 * Text that calls itself Latin-1 is nearly always this superset. The five unassigned bytes stay as they are.
 */
const upperControls = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * Reads bytes as text: as UTF-16 by its byte order mark or its zero bytes; as UTF-8 where they are, or where the
 * most of what is not ASCII is; else as Latin-1 in its Windows form. The last is done by hand rather than with
 * `TextDecoder('latin1')`, which some releases of Node read as ISO 8859-1.
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

/** What is worth telling about how bytes were read, or `undefined` for plain UTF-8. */
export function remarkOn(bytes: Uint8Array, encoding: Encoding): string | undefined {
  if (encoding === 'windows-1252') return 'not valid UTF-8; read as Latin-1 (Windows-1252)';
  if (encoding !== 'utf-8') {
    return bytes[0] >= 0xfe ? 'read as UTF-16' : 'every other byte is zero; read as UTF-16';
  }
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? 'begins with a byte order mark; read as UTF-8' : undefined;
}

/** The form of UTF-16 that bytes are in: by the byte order mark, or since most characters are Latin, with a zero byte. */
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

/** The pieces of bytes that end with a line feed, and the rest. In UTF-8 and Latin-1 no other character has that byte. */
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

/** Text in an encoding; what is none becomes `malformed`. */
function decoded(bytes: Uint8Array, encoding: Encoding): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return new TextDecoder(encoding).decode(bytes).replaceAll('\ufffd', malformed);
  }
}

/**
 * Whether a text read as UTF-8 looks like Latin-1 all through: at most one of twenty pieces that are not ASCII is a
 * character in UTF-8, as by accident. A file of UTF-8 with a bad byte is a file of UTF-8.
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
