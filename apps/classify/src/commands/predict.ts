import type { Readable } from 'node:stream';
import { useBackend } from '../backend.js';
import { decode } from '../data/encoding.js';
import { linesOf } from '../data/lines.js';
import { InputError } from '../failure.js';
import { noticeTo, type Streams } from '../progress/reporter.js';
import { loadModel } from '../storage/load-model.js';
import { EncodedTexts } from '../text/encoded-texts.js';
import { tokensOf } from '../text/tokens.js';
import { mostLikely, probabilities } from '../training/evaluate.js';

export interface PredictFlags {
  model: string;
  backend?: string;
}

/**
 * Prints the most likely class, its probability and the text, a line for each text, separated by tabs.
 *
 * @param given the texts; with none, the lines of standard input that are not blank.
 * @returns the exit status.
 */
export async function predict(
  given: readonly string[],
  flags: PredictFlags,
  streams: Streams & { input: Readable & { isTTY?: boolean } },
): Promise<number> {
  if (given.length === 0 && streams.input.isTTY) {
    throw new InputError('Nothing to classify. Give texts as arguments, or lines on standard input.');
  }
  await useBackend(flags.backend ?? null);
  const { model, settings, classes, vocabulary } = await loadModel(flags.model);
  const texts = given.length > 0 ? given : await linesFrom(streams.input, noticeTo(streams));
  const tokens = texts.map((text) => tokensOf(text.trim(), settings.unit, settings.length));
  const predicted = await probabilities(model, new EncodedTexts(tokens, vocabulary), classes.length);
  const lines = texts.map((text, index) => {
    const row = predicted.subarray(index * classes.length, (index + 1) * classes.length);
    const guess = mostLikely(row);
    return `${classes[guess]}\t${row[guess].toFixed(4)}\t${oneLine(text)}\n`;
  });
  streams.output.write(lines.join(''));
  return 0;
}

async function linesFrom(input: Readable, notice: (message: string) => void): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  const { text, encoding } = decode(Buffer.concat(chunks));
  if (encoding === 'windows-1252') notice('standard input: not valid UTF-8; read as Latin-1 (Windows-1252).');
  return Array.from(linesOf(text), (line) => line.text);
}

/** Text that is safe to print in a table: white space and control characters become single spaces. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
