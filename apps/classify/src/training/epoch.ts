import type { LayersModel } from '@tensorflow/tfjs-layers';
import { buildModel, seedDropout } from '../model/build.js';
import type { Settings } from '../model/settings.js';
import { deriveSeed, Generator, stream } from '../random/generator.js';
import type { LabelledTexts } from '../text/encoded-texts.js';
import { Divergence } from './history.js';
import type { PreparedData } from './prepare.js';
import type { StopRequest } from './stop.js';

/** The progress of an epoch. */
export interface BatchProgress {
  epoch: number;
  /** The number of finished batches, and of all. */
  batch: number;
  batches: number;
  /** Means over the examples so far. */
  loss: number;
  accuracy: number;
}

/** The result of the training batches of one epoch. */
export interface EpochResult {
  loss: number;
  accuracy: number;
  seconds: number;
}

/**
 * Trains on every example once. The order and the dropped activations depend only on the seed and the epoch's number, so
 * an epoch is the same after a resume.
 *
 * @returns `undefined` when a stop was requested before the last batch.
 * @throws Divergence when the loss is not finite.
 */
export async function trainEpoch(
  model: LayersModel,
  set: LabelledTexts,
  settings: Settings,
  epoch: number,
  stop: StopRequest,
  progress: (batch: BatchProgress) => void,
): Promise<EpochResult | undefined> {
  const order = new Generator(deriveSeed(settings.seed, stream.order, epoch)).permutation(set.count);
  const batches = Math.ceil(set.count / settings.batch);
  const started = performance.now();
  let lossSum = 0;
  let correct = 0;
  for (let batch = 0; batch < batches; batch++) {
    // Node handles signals only between turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    if (stop.requested) return undefined;
    const drawn = order.subarray(batch * settings.batch, (batch + 1) * settings.batch);
    const positions = set.texts.longestFirst(drawn);
    seedDropout(model, settings.seed, epoch, batch);
    const [loss, accuracy] = await trainOnBatch(model, set, positions);
    if (!Number.isFinite(loss)) {
      throw new Divergence(`The loss became ${loss} in batch ${batch + 1} of epoch ${epoch}`);
    }
    lossSum += loss * positions.length;
    correct += accuracy * positions.length;
    const seen = batch * settings.batch + positions.length;
    progress({ epoch, batch: batch + 1, batches, loss: lossSum / seen, accuracy: correct / seen });
  }
  const seconds = (performance.now() - started) / 1000;
  return { loss: lossSum / set.count, accuracy: correct / set.count, seconds };
}

/** Trains on one batch: the examples with the given positions. */
export async function trainOnBatch(
  model: LayersModel,
  set: LabelledTexts,
  positions: Int32Array,
): Promise<[loss: number, accuracy: number]> {
  const inputs = set.texts.inputs(positions);
  const targets = set.targets(positions);
  try {
    return (await model.trainOnBatch(inputs, targets)) as [number, number];
  } finally {
    inputs.dispose();
    targets.dispose();
  }
}

/** The number of batches after which the engine has compiled most of the code. */
const batches = 3;

/**
 * Trains a model and discards it, so that the first of several compared runs does not include the time of compiling. The
 * results of the runs do not change, since every random number of a run comes from its seed.
 */
export async function warmUp(settings: Settings, data: PreparedData): Promise<void> {
  const model = buildModel(settings, data.vocabulary.size, data.classes.length);
  const count = Math.min(settings.batch, data.train.count);
  const positions = data.train.texts.longestFirst(Array.from({ length: count }, (_, position) => position));
  for (let batch = 0; batch < batches; batch++) await trainOnBatch(model, data.train, positions);
  model.optimizer.dispose();
  model.dispose();
}
