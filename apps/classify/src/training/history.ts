import { InputError } from '../failure.js';
import type { Settings } from '../model/settings.js';

/** The result of one epoch. */
export interface EpochRecord {
  /** From 1. */
  epoch: number;
  /** Mean loss in nats over the training examples during training, with dropout. */
  loss: number;
  accuracy: number;
  /** After the epoch, over the validation examples; null without them. */
  validationLoss: number | null;
  validationAccuracy: number | null;
  /** The time of the training batches, without validation and checkpoint. */
  seconds: number;
  examplesPerSecond: number;
}

/**
 * The epoch whose weights are saved: the highest validation accuracy; among equals the lowest validation loss; then the
 * earliest. Without validation, the last.
 */
export function bestOf(history: readonly EpochRecord[]): EpochRecord | undefined {
  let best: EpochRecord | undefined;
  for (const record of history) if (best === undefined || isBetter(record, best)) best = record;
  return best;
}

function isBetter(record: EpochRecord, than: EpochRecord): boolean {
  if (record.validationAccuracy === null || than.validationAccuracy === null) return true;
  if (record.validationAccuracy !== than.validationAccuracy) {
    return record.validationAccuracy > than.validationAccuracy;
  }
  return (record.validationLoss ?? 0) < (than.validationLoss ?? 0);
}

/** Training has diverged: its loss, its weights or its predictions are NaN or infinite. */
export class Divergence extends InputError {
  /**
   * The same error with the state of the saved model, and advice.
   *
   * @param best the epoch of the saved model; undefined when no epoch is finished.
   * @param folder the folder of the run; null when nothing is saved.
   */
  explained(settings: Settings, best: EpochRecord | undefined, folder: string | null): Divergence {
    const clip = settings.clipNorm === null ? ', or limit the gradients with --clip-norm 1' : '';
    const elsewhere = folder === null ? '' : ' Choose another folder for it: this one keeps the run.';
    return new Divergence(
      `${this.message}: training has diverged. ${keptModel(best, folder)} ` +
        `Try a smaller --learning-rate than ${settings.learningRate}${clip}.${elsewhere}`,
    );
  }
}

/** The error for a model whose weights are finite but overflow in its predictions. @param model its folder or name. */
export function answersWithNaN(model: string): InputError {
  return new InputError(
    `${model}: the model predicts NaN because its weights are too large. ` +
      'Train again in another folder, with a smaller --learning-rate or with --clip-norm 1.',
  );
}

function keptModel(best: EpochRecord | undefined, folder: string | null): string {
  if (best === undefined) return 'No epoch was finished, so there is no model.';
  return folder === null
    ? `The model of epoch ${best.epoch} was the last good one; without --out it is not kept.`
    : `The model of epoch ${best.epoch} is kept in ${folder}.`;
}
