import type { Readable } from 'node:stream';
import { decode } from './encoding.js';
import { linesOf } from './lines.js';

const lineFeed = 0x0a;

/**
 * The lines of a stream that are not blank, in groups as they arrive: what a person types comes line by line, a
 * file by the hundreds. Each line is decoded by itself, so that the groups do not decide its encoding; only
 * UTF-16, which its first two bytes announce, is read to the end first.
 *
 * @param notice told once of lines that are not UTF-8.
 */
export async function* arrivingLines(
  input: Readable,
  notice: (message: string) => void,
): AsyncGenerator<string[]> {
  let pending: Buffer[] = [];
  let wide: boolean | undefined;
  let noticed = false;
  const textOf = (bytes: Buffer): string => {
    const { text, encoding } = decode(bytes);
    if (encoding === 'windows-1252' && !noticed) {
      noticed = true;
      notice('standard input: not valid UTF-8; read as Latin-1 (Windows-1252).');
    }
    return text;
  };
  const linesIn = (bytes: Buffer): string[] => {
    const pieces = wide ? [bytes] : splitAfterLineFeeds(bytes);
    return pieces.flatMap((piece) => Array.from(linesOf(textOf(piece)), ({ text }) => text));
  };
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    const end = bytes.lastIndexOf(lineFeed) + 1;
    if (end === 0 || wide) {
      pending.push(bytes);
      continue;
    }
    const whole = Buffer.concat([...pending, bytes.subarray(0, end)]);
    wide ??= beginsAsUtf16(whole);
    pending = wide ? [whole, bytes.subarray(end)] : [bytes.subarray(end)];
    if (!wide) yield linesIn(whole);
  }
  const rest = Buffer.concat(pending);
  wide ??= beginsAsUtf16(rest);
  yield linesIn(rest);
}

function beginsAsUtf16([first, second]: Buffer): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function splitAfterLineFeeds(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(lineFeed, start);
    const end = found < 0 ? bytes.length : found + 1;
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}
