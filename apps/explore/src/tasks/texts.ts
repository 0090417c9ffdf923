import {
  buildModel,
  deriveSeed,
  displayNames,
  EncodedTexts,
  type Example,
  embeddedSettings,
  Generator,
  LabelledTexts,
  ownCellName,
  type Settings,
  stratifiedSplit,
  stream,
  tokensOf,
  Vocabulary,
} from '@sluice/classify/browser';
import type { RecurrentLayer } from '@sluice/layers';
import { isLatex } from '../equations.js';
import type { CellText, RunSettings } from '../protocol.js';
import type { Batch, Task } from './task.js';

const BATCH = 64;
const TEST_SHARE = 1 / 6;
/** Most texts of a file that are used: a page should answer in minutes. */
const MOST_TEXTS = 20_000;

/** Names of countries, languages and currencies in twelve languages, which every browser knows. */
export const languagesTask = (settings: RunSettings): Task => {
  const { train, test } = displayNames();
  return textsTask(train, test, 'character', settings);
};

/**
 * A file of the visitor's: on each line a label, a tab or comma, and a text.
 *
 * @throws Error that names the line and what is expected.
 */
export function fileTask(
  file: { readonly name: string; readonly text: string },
  settings: RunSettings,
): Task {
  const examples = readLines(file);
  const { held, kept } = stratifiedSplit(examples, TEST_SHARE, new Generator(deriveSeed(0, stream.split)));
  return textsTask(kept, held, 'word', settings);
}

function readLines({ name, text }: { readonly name: string; readonly text: string }): Example[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const examples = lines.slice(0, MOST_TEXTS).flatMap((line, i): Example[] => {
    if (line.trim() === '') return [];
    const [, label = '', words = ''] = /^([^\t,]{1,200})[\t,](.*)$/u.exec(line) ?? [];
    if (label.trim() !== '' && words.trim() !== '') return [{ label: label.trim(), text: words.trim() }];
    throw new Error(
      `${name}, line ${i + 1}: expected a label, a tab or a comma, and a text, such as "good,I liked it".`,
    );
  });
  const labels = new Set(examples.map(({ label }) => label));
  if (labels.size >= 2 && labels.size <= 100 && examples.length >= 20) return examples;
  throw new Error(
    `${name} has ${examples.length} examples with ${labels.size} labels; expected at least 20 examples, and from 2 to 100 labels.`,
  );
}

function textsTask(
  train: readonly Example[],
  test: readonly Example[],
  unit: Settings['unit'],
  { units, epochs, learningRate, seed }: RunSettings,
): Task {
  const base: Settings = {
    ...embeddedSettings,
    ...{ cell: ownCellName, layers: 1, units, embedding: units, vocabulary: 2000, length: 30, unit },
    ...{ epochs, batch: BATCH, learningRate, dropout: 0, seed },
  };
  const tokens = (examples: readonly Example[]) =>
    examples.map(({ text }) => tokensOf(text, unit, base.length));
  const vocabulary = Vocabulary.of(tokens(train), base.vocabulary);
  const classes = [...new Set(train.map(({ label }) => label))].sort();
  const [trained, tested] = [train, test].map(
    (examples) => new LabelledTexts(examples, tokens(examples), vocabulary, classes),
  );
  const settingsOf = (text: CellText): Settings => ({ ...base, equations: equationsOf(text) });
  const batchOf = (set: LabelledTexts, positions: Int32Array): Batch => {
    const sorted = set.texts.longestFirst(positions);
    return { inputs: set.texts.inputs(sorted), targets: set.targets(sorted), count: sorted.length };
  };
  const orders = new Map<number, Uint32Array | Int32Array>();
  const orderOf = (epoch: number) => {
    const order =
      orders.get(epoch) ?? new Generator(deriveSeed(seed, stream.order, epoch)).permutation(trained.count);
    orders.clear();
    orders.set(epoch, order);
    return order;
  };
  return {
    classes,
    batches: Math.ceil(trained.count / BATCH),
    build(_, text) {
      const model = buildModel(settingsOf(text), vocabulary.size, classes.length);
      return { model, recurrent: model.getLayer('recurrent_1') as RecurrentLayer };
    },
    batch: (epoch, i) =>
      batchOf(trained, Int32Array.from(orderOf(epoch).subarray(i * BATCH, (i + 1) * BATCH))),
    test: () =>
      Array.from({ length: Math.ceil(tested.count / (8 * BATCH)) }, (_, i) => {
        const first = i * 8 * BATCH;
        const count = Math.min(8 * BATCH, tested.count - first);
        return batchOf(
          tested,
          Int32Array.from({ length: count }, (_, j) => first + j),
        );
      }),
    show(text) {
      const steps = tokensOf(text, unit, base.length);
      if (steps.length === 0) throw new Error('There is no word in the text; write one to look at.');
      return { inputs: new EncodedTexts([steps], vocabulary).inputs(Int32Array.of(0)), steps };
    },
    describe: (outputs) => classes[largest(probabilitiesOf(outputs))],
    texts: { vocabulary: vocabulary.tokens, settingsOf },
  };
}

/** The equations of a cell as the classifier's settings have them. */
const equationsOf = ({ equations }: CellText) => ({ text: equations, latex: isLatex(equations) });

/** The probability of each class: with two classes a model gives that of the second. */
export const probabilitiesOf = (outputs: ArrayLike<number>): number[] =>
  outputs.length === 1 ? [1 - outputs[0], outputs[0]] : Array.from(outputs);

const largest = (numbers: readonly number[]): number => numbers.indexOf(Math.max(...numbers));
