import { type Cell, cells } from '@sluice/core';
import { InputError } from '../failure.js';
import type { Unit } from '../text/vocabulary.js';

/** Equations as `cellFromText`, or `cellFromLatex`, reads them. */
export interface OwnEquations {
  text: string;
  latex: boolean;
}

/** All settings that change the result of a training run, except the data. */
export interface Settings {
  /** A cell's name on the command line, such as gru or simple-rnn, or `file` for one of one's own equations. */
  cell: string;
  /** The equations of a cell of one's own, else null. */
  equations: OwnEquations | null;
  /** The number of recurrent layers. */
  layers: number;
  /** Units of each recurrent layer, of each direction. */
  units: number;
  /** The length of a token's vector. */
  embedding: number;
  /** The largest number of rows of the embedding: padding, unknown and the most frequent tokens. */
  vocabulary: number;
  /** The number of tokens that are read of a text. */
  length: number;
  unit: Unit;
  epochs: number;
  /** Texts in a training batch. */
  batch: number;
  learningRate: number;
  /** Largest global norm of the gradients, or null for no limit. */
  clipNorm: number | null;
  /** The share of activations that training drops after the embedding and after each recurrent layer. */
  dropout: number;
  bidirectional: boolean;
  /** The TensorFlow.js backend; null for the best available one. */
  backend: string | null;
  seed: number;
  /** The share of the data for validation. */
  validation: number;
}

/** The default text classifier: two recurrent layers on an embedding of 10,000 words. */
export const defaultSettings: Readonly<Settings> = {
  cell: 'gru',
  equations: null,
  layers: 2,
  units: 128,
  embedding: 128,
  vocabulary: 10_000,
  length: 50,
  unit: 'word',
  epochs: 5,
  batch: 32,
  learningRate: 0.002,
  clipNorm: null,
  dropout: 0.4,
  bidirectional: false,
  backend: null,
  seed: 1,
  validation: 0.1,
};

/** For the embedded names: the same model, reading characters. */
export const embeddedSettings: Readonly<Settings> = {
  ...defaultSettings,
  unit: 'character',
  epochs: 6,
  dropout: 0.2,
};

/** The cells by their names on the command line: gru, sru, lstm, simple-rnn and so on. */
const cellsByName = new Map(
  Object.entries(cells).map(([name, factory]) => [
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    factory as () => Cell,
  ]),
);

/** The name in the settings of a cell of one's own equations. */
export const ownCellName = 'file';

/** The names of all cells on the command line. */
export const cellNames: readonly string[] = [...cellsByName.keys()];

/** The cell's name in settings and folders, such as min-gru, also for the spelling minGru; undefined if unknown. */
export function knownCellName(name: string): string | undefined {
  const plain = (text: string) => text.replaceAll('-', '').toLowerCase();
  return cellNames.find((known) => plain(known) === plain(name));
}

/**
 * The cell with this name on the command line.
 *
 * @throws InputError with all names when there is no such cell.
 */
export function cellNamed(name: string): Cell {
  const factory = cellsByName.get(name);
  if (factory === undefined) {
    throw new InputError(`No cell is called "${name}". There are ${cellNames.join(', ')}.`);
  }
  return factory();
}
