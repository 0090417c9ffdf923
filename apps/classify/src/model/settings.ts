import type { Unit } from '../text/tokens.js';

/** Everything that decides the result of a training run, apart from the data. */
export interface Settings {
  /** A cell's name on the command line, such as gru or simple-rnn. */
  cell: string;
  /** Recurrent layers, one on the other. */
  layers: number;
  /** Units of each recurrent layer, of each direction. */
  units: number;
  /** Length of the vector that stands for a token. */
  embedding: number;
  /** Rows of the embedding at most: padding, unknown and the most frequent tokens. */
  vocabulary: number;
  /** Tokens of a text that are read; the rest is cut off. */
  length: number;
  unit: Unit;
  epochs: number;
  /** Texts in a training batch. */
  batch: number;
  learningRate: number;
  /** Largest global norm of the gradients, or null for no limit. */
  clipNorm: number | null;
  /** Part of the activations dropped after the embedding and after each recurrent layer while training. */
  dropout: number;
  bidirectional: boolean;
  /** The TensorFlow.js backend, or null for the best there is. */
  backend: string | null;
  seed: number;
  /** Part of the data held back for validation. */
  validation: number;
}

/** The usual text classifier: two recurrent layers on an embedding of 10,000 words. */
export const defaultSettings: Readonly<Settings> = {
  cell: 'gru',
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
