import { InputError } from '../failure.js';
import type { Settings } from '../model/settings.js';
import type { EpochRecord } from './history.js';

/** Training has left the finite numbers: its loss, its weights or its answers are NaN or infinite. */
export class Divergence extends InputError {
  /**
   * The same with what is kept and what to change.
   *
   * @param best the epoch whose model is kept; undefined when none was finished.
   * @param folder where it is kept; null when nothing is.
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

/** For a model with finite weights that are too large to compute with. @param model its folder or name. */
export function answersWithNaN(model: string): InputError {
  return new InputError(
    `${model}: the model answers with NaN, its weights are too large to compute with. ` +
      'Train again in another folder, with a smaller --learning-rate or with --clip-norm 1.',
  );
}

function keptModel(best: EpochRecord | undefined, folder: string | null): string {
  if (best === undefined) return 'No epoch was finished, so there is no model.';
  return folder === null
    ? `The model of epoch ${best.epoch} was the last good one; without --out it is not kept.`
    : `The model of epoch ${best.epoch} is kept in ${folder}.`;
}
