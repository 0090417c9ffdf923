import { useBackend } from '../backend.js';
import { arrivingLines } from '../data/arriving-lines.js';
import { InputError } from '../failure.js';
import { loadModel, type SavedModel } from '../storage/load-model.js';
import { noticeTo, type Streams, type Terminal } from '../terminal/streams.js';
import { EncodedTexts } from '../text/encoded-texts.js';
import { tokensOf } from '../text/vocabulary.js';
import { mostLikely, probabilities } from '../training/evaluate.js';
import { answersWithNaN } from '../training/history.js';
import { allFinite } from '../training/weights.js';

export interface PredictFlags {
  model: string;
  backend?: string;
  import?: string;
}

/**
 * Prints the most likely class, its probability and the text, a line for each text, separated by tabs.
 *
 * @param given the texts; if empty, the lines of standard input that are not blank, classified as they arrive.
 * @returns the exit status.
 * @throws InputError when the model predicts NaN.
 */
export async function predict(
  given: readonly string[],
  flags: PredictFlags,
  streams: Streams & Pick<Terminal, 'input'>,
): Promise<number> {
  if (given.length === 0 && streams.input.isTTY) {
    throw new InputError('Nothing to classify. Give texts as arguments, or lines on standard input.');
  }
  await useBackend(flags.backend ?? null, flags.import);
  const saved = await loadModel(flags.model);
  const groups = given.length > 0 ? [given] : arrivingLines(streams.input, noticeTo(streams));
  for await (const texts of groups) streams.output.write(await answers(texts, saved, flags.model));
  return 0;
}

/** A line for each text. */
async function answers(
  texts: readonly string[],
  { model, settings, classes, vocabulary }: SavedModel,
  folder: string,
): Promise<string> {
  const tokens = texts.map((text) => tokensOf(text.trim(), settings.unit, settings.length));
  const predicted = await probabilities(model, new EncodedTexts(tokens, vocabulary), classes.length);
  if (!allFinite(predicted)) throw answersWithNaN(folder);
  const lines = texts.map((text, index) => {
    const row = predicted.subarray(index * classes.length, (index + 1) * classes.length);
    const guess = mostLikely(row);
    return `${classes[guess]}\t${row[guess].toFixed(4)}\t${oneLine(text)}\n`;
  });
  return lines.join('');
}

/** Text for one line of a table: white space and control characters become single spaces. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
