import type { Readable } from 'node:stream';

/** The streams of the process. */
export interface Terminal {
  input: Readable & { isTTY?: boolean };
  output: Writer;
  error: ErrorWriter;
}

interface Writer {
  write(text: string): unknown;
}

interface ErrorWriter extends Writer {
  isTTY?: boolean;
  columns?: number;
}

/** The streams of a subcommand: `output` for results, `error` for everything else. Both escape their text. */
export interface Streams {
  output: Writer;
  error: Writer;
  /** Standard error without escaping, for a progress bar, which moves the cursor. Never write text from files here. */
  bar: ErrorWriter;
}

/** The escaping streams of a terminal. All text on its way to the terminal is escaped here. */
export function escapingStreams({ output, error }: Omit<Terminal, 'input'>): Streams {
  const escaping = (stream: Writer): Writer => ({ write: (text) => stream.write(printable(text)) });
  return { output: escaping(output), error: escaping(error), bar: error };
}

/** A function that writes a notice to standard error, on one line. */
export function noticeTo({ error }: Pick<Streams, 'error'>): (message: string) => void {
  return (message) => error.write(`${printableLine(message)}\n`);
}

/**
 * Characters that a terminal would obey, and characters that change the order of the text around them: control characters
 * except line feed and tab, bidirectional controls, line separators, invisible spaces, halves of characters.
 */
const unprintable =
  /(?![\n\t])[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}\u00ad\u200b\u2060-\u2064\ufeff\ufff9-\ufffb]/gu;

/**
 * Text that is safe for a terminal. Unsafe characters are escaped as in JSON (\u001b), so that JSON keeps its meaning.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** The same for a text on one line, such as a name in a message. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
