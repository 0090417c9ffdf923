import { buildModel } from '../model/build.js';
import type { Settings } from '../model/settings.js';
import { trainOnBatch } from './epoch.js';
import type { PreparedData } from './prepare.js';

/** Batches after which the engine has compiled most of what a training batch runs. */
const batches = 3;

/**
 * Trains a model that is thrown away, so that the time of compiling does not fall on the first of several runs that
 * are compared. Every random number of a run follows from its seed, so the run after it has the same results.
 */
export async function warmUp(settings: Settings, data: PreparedData): Promise<void> {
  const model = buildModel(settings, data.vocabulary.size, data.classes.length);
  const count = Math.min(settings.batch, data.train.count);
  const positions = data.train.texts.longestFirst(Array.from({ length: count }, (_, position) => position));
  for (let batch = 0; batch < batches; batch++) await trainOnBatch(model, data.train, positions);
  model.optimizer.dispose();
  model.dispose();
}
