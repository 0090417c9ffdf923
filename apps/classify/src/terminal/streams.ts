import type { Readable } from 'node:stream';
import { printable, printableLine } from './printable.js';

/** Where the command reads from and writes to, as the process has it. */
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

/** Where a verb writes: standard output for results, standard error for everything else. Both escape what they are given. */
export interface Streams {
  output: Writer;
  error: Writer;
  /** Standard error as it is, for a progress bar, which moves the cursor. Nothing from outside is written here. */
  bar: ErrorWriter;
}

/** The streams of a terminal: the one place where text on its way to it is escaped. */
export function escapingStreams({ output, error }: Omit<Terminal, 'input'>): Streams {
  const escaping = (stream: Writer): Writer => ({ write: (text) => stream.write(printable(text)) });
  return { output: escaping(output), error: escaping(error), bar: error };
}

/** Notices go to standard error, a line each. */
export function noticeTo({ error }: Pick<Streams, 'error'>): (message: string) => void {
  return (message) => error.write(`${printableLine(message)}\n`);
}
