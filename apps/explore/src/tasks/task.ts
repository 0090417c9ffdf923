import type { Settings } from '@sluice/classify/browser';
import type { Cell } from '@sluice/core';
import type { RecurrentLayer } from '@sluice/layers';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { CellText, RunSettings } from '../protocol.js';

/** Inputs and targets of a batch. The caller disposes of them. */
export interface Batch {
  readonly inputs: Tensor;
  readonly targets: Tensor;
  readonly count: number;
}

/** A sequence as a model reads it, and what its steps are called. */
export interface Shown {
  readonly inputs: Tensor;
  readonly steps: readonly string[];
  /** The right answer in words, if it is known. */
  readonly expected?: string;
}

/** The network of one cell. */
export interface Network {
  readonly model: LayersModel;
  /** The recurrent layer that is looked into, and the layers before it. */
  readonly recurrent: RecurrentLayer;
}

/** Something to learn. All random numbers follow from the seed of the settings. */
export interface Task {
  /** The classes of the answers, if it has classes. */
  readonly classes: readonly string[];
  /** Batches of an epoch. */
  readonly batches: number;
  /** A compiled model around a cell. */
  build(cell: Cell, text: CellText, settings: RunSettings): Network;
  batch(epoch: number, batch: number): Batch;
  /** Batches of the test set, which training never sees. */
  test(): Batch[];
  /** A sequence to look at: of a text, or one of the task's own. */
  show(text: string): Shown;
  /** The answer in words for the outputs of a model. */
  describe(outputs: ArrayLike<number>): string;
  /** The files of a trained model for the command `sluice-classify`; absent if the task is none of texts. */
  readonly texts?: {
    readonly vocabulary: readonly string[];
    readonly settingsOf: (text: CellText) => Settings;
  };
}
