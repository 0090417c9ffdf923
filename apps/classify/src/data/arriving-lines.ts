import type { Readable } from 'node:stream';
import { decode, linesOfBytes, malformed, remarkOn, utf16Of } from './encoding.js';
import { linesOf } from './line-formats.js';

const lineFeed = 0x0a;

/**
 * The lines of a stream that are not blank, in groups as they arrive: typed lines come one by one, a file's by the
 * hundreds. Each line is decoded by itself, so that its encoding does not depend on the groups. Only UTF-16, which the
 * first bytes show, is read to the end first.
 *
 * @param notice called once for Latin-1, and for each line with bytes that are no text.
 */
export async function* arrivingLines(
  input: Readable,
  notice: (message: string) => void,
): AsyncGenerator<string[]> {
  let pending: Buffer[] = [];
  let wide: boolean | undefined;
  let lineCount = 0;
  let noticed = false;
  const decoded = (bytes: Uint8Array): string => {
    const { text, encoding } = decode(bytes);
    if (encoding === 'windows-1252' && !noticed) {
      noticed = true;
      notice(`standard input: ${remarkOn(bytes, encoding)}.`);
    }
    return text;
  };
  const linesIn = (bytes: Buffer): string[] => {
    const lines: string[] = [];
    for (const piece of wide ? [bytes] : linesOfBytes(bytes)) {
      for (const { number, text } of linesOf(decoded(piece))) {
        const clean = text.replaceAll(malformed, '\ufffd').replaceAll('\0', '\ufffd');
        if (clean !== text) notice(noText(lineCount + number));
        lines.push(clean);
      }
      lineCount++;
    }
    return lines;
  };
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    const end = bytes.lastIndexOf(lineFeed) + 1;
    if (end === 0 || wide) {
      pending.push(bytes);
      continue;
    }
    const whole = Buffer.concat([...pending, bytes.subarray(0, end)]);
    wide ??= utf16Of(whole) !== undefined;
    pending = wide ? [whole, bytes.subarray(end)] : [bytes.subarray(end)];
    if (!wide) yield linesIn(whole);
  }
  const rest = Buffer.concat(pending);
  wide ??= utf16Of(rest) !== undefined;
  yield linesIn(rest);
}

function noText(line: number): string {
  return `standard input, line ${line}: there are bytes that are no text; they are read as U+FFFD.`;
}
