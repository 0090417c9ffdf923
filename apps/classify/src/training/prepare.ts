import { classesOf, fingerprint, withKnownLabels } from '../data/classes.js';
import { displayNames } from '../data/display-names.js';
import { type Example, noticeUnusedColumns, rowProblems } from '../data/example.js';
import { readExamples } from '../data/read-examples.js';
import { stratifiedSplit } from '../data/split.js';
import type { Settings } from '../model/settings.js';
import { deriveSeed, Generator, stream } from '../random/generator.js';
import { formatQuantity } from '../terminal/numbers.js';
import { LabelledTexts } from '../text/encoded-texts.js';
import { tokensOf, Vocabulary } from '../text/vocabulary.js';
import type { DataOptions } from './checkpoint.js';

/** Data for training; several models may use them. */
export interface PreparedData {
  options: DataOptions;
  fingerprint: string;
  classes: string[];
  vocabulary: Vocabulary;
  train: LabelledTexts;
  /** A part of the data that is not trained on; undefined without validation. */
  validation: LabelledTexts | undefined;
  test: LabelledTexts | undefined;
}

/**
 * Reads the data, splits them, and turns texts into the numbers of tokens. The vocabulary is that of the training part.
 *
 * @throws InputError for data that cannot be used.
 */
export function prepareData(
  options: DataOptions,
  settings: Settings,
  notice: (message: string) => void,
): PreparedData {
  const { examples, test } = readData(options, notice);
  const source = options.data ?? 'the embedded data';
  const classes = classesOf(examples, source);
  const generator = new Generator(deriveSeed(settings.seed, stream.split));
  const { held, kept } = stratifiedSplit(examples, settings.validation, generator);
  const tokens = (part: readonly Example[]) =>
    part.map(({ text }) => tokensOf(text, settings.unit, settings.length));
  const trainTokens = tokens(kept);
  const vocabulary = Vocabulary.of(trainTokens, settings.vocabulary);
  const labelled = (part: readonly Example[], partTokens = tokens(part)) =>
    new LabelledTexts(part, partTokens, vocabulary, classes);
  return {
    options,
    fingerprint: fingerprint(examples),
    classes,
    vocabulary,
    train: labelled(kept, trainTokens),
    validation: held.length > 0 ? labelled(held) : undefined,
    test: test && labelled(knownOnly(test, classes, options, notice)),
  };
}

function readData(
  options: DataOptions,
  notice: (message: string) => void,
): { examples: Example[]; test: Example[] | undefined } {
  const { data, test, columns, skipBad } = options;
  const read = (path: string) => readExamples(path, { columns, skipBad, notice });
  if (data !== null) return { examples: read(data), test: test === null ? undefined : read(test) };
  noticeUnusedColumns('the embedded data', columns, notice);
  const embedded = displayNames();
  return { examples: embedded.train, test: test === null ? embedded.test : read(test) };
}

function knownOnly(
  test: readonly Example[],
  classes: readonly string[],
  options: DataOptions,
  notice: (message: string) => void,
): Example[] {
  const source = options.test ?? 'the embedded data';
  const problems = rowProblems(options.skipBad);
  const kept = withKnownLabels(test, classes, source, problems);
  if (problems.skipped > 0)
    notice(`${source}: ${formatQuantity(problems.skipped, 'example')} with an unknown label left out.`);
  return kept;
}
