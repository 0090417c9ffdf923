import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnNames } from '../data/example.js';
import { InputError } from '../failure.js';
import type { Settings } from '../model/settings.js';
import { type NamedArray, readCheckpointFile, writeCheckpointFile } from '../storage/checkpoint-file.js';
import { checked, checkpointSchema, notOurs } from '../storage/schemas.js';
import type { EpochRecord } from './history.js';
import { firstNotFinite } from './weights.js';

/** The source of the examples. */
export interface DataOptions {
  /** The file or folder, absolute; null for the embedded data. */
  data: string | null;
  /** The file or folder to test with, absolute; null for none. */
  test: string | null;
  columns: ColumnNames;
  skipBad: boolean;
}

/** The state of a run after an epoch. A run that resumes from it gives the same bits as an uninterrupted one. */
export interface Checkpoint {
  settings: Settings;
  data: DataOptions;
  /** Checksum of the examples. A resumed run must have the same. */
  fingerprint: string;
  classes: string[];
  /** The vocabulary. */
  tokens: string[];
  /** The finished epochs; empty before the first one. */
  history: EpochRecord[];
  weights: NamedArray[];
  /** Step count and moments of the optimizer. */
  optimizer: NamedArray[];
  /** The weights of the best epoch, when that is not the last one. */
  bestWeights?: NamedArray[];
}

/** The checkpoint's file in a run's folder. */
export function checkpointPath(folder: string): string {
  return join(folder, 'checkpoint.bin');
}

/** Whether the folder has a checkpoint. */
export function hasCheckpoint(folder: string): boolean {
  return existsSync(checkpointPath(folder));
}

/** Replaces the folder's checkpoint in one step. */
export function writeCheckpoint(folder: string, checkpoint: Checkpoint): void {
  const { weights, optimizer, bestWeights = [], ...content } = checkpoint;
  const groups = new Map(Object.entries({ weights, optimizer, bestWeights }));
  writeCheckpointFile(checkpointPath(folder), content, groups);
}

/**
 * Reads the folder's checkpoint.
 * @throws InputError when there is none, it is damaged, its parts do not fit, or its weights are not finite.
 */
export function readCheckpoint(folder: string): Checkpoint {
  const path = checkpointPath(folder);
  const { content, groups } = readCheckpointFile(path);
  const broken = firstNotFinite([...groups.values()].flat());
  if (broken !== undefined) {
    throw new InputError(
      `${path}: the weights ${broken.name} are not finite, so the run cannot be resumed. ` +
        'Train in another folder, with a smaller --learning-rate or with --clip-norm 1.',
    );
  }
  const checkpoint = {
    ...checked(path, content, checkpointSchema),
    weights: groups.get('weights') ?? [],
    optimizer: groups.get('optimizer') ?? [],
    bestWeights: groups.get('bestWeights'),
  };
  const misfit = misfitIn(checkpoint);
  if (misfit !== undefined) throw notOurs(path, misfit);
  return checkpoint;
}

/** A contradiction among the arrays of a checkpoint, or undefined. `restoreWeights` compares the weights with the model. */
function misfitIn({ history, weights, optimizer, bestWeights }: Checkpoint): string | undefined {
  const shapes = (...arrays: NamedArray[]) => arrays.map(({ shape }) => `[${shape}]`).join(' ');
  if (bestWeights !== undefined && shapes(...bestWeights) !== shapes(...weights)) {
    return 'the weights of the best epoch have other shapes than those of the last one';
  }
  // After the first epoch the optimizer's state is its step count and two moments of each weight.
  const expected = history.length === 0 ? '' : `[] ${shapes(...weights, ...weights)}`;
  return shapes(...optimizer) === expected ? undefined : "the optimizer's state does not fit the weights";
}
