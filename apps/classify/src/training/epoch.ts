import type { LayersModel } from '@tensorflow/tfjs-layers';
import { seedDropout } from '../model/dropout.js';
import type { Settings } from '../model/settings.js';
import { deriveSeed, Generator, stream } from '../random/generator.js';
import { Divergence } from './divergence.js';
import type { LabelledTexts } from './labelled-texts.js';
import type { StopRequest } from './stop.js';

/** How far an epoch is. */
export interface BatchProgress {
  epoch: number;
  /** Batches done, and of how many. */
  batch: number;
  batches: number;
  /** Means over the epoch's examples so far. */
  loss: number;
  accuracy: number;
}

/** What the training batches of one epoch came to. */
export interface EpochResult {
  loss: number;
  accuracy: number;
  seconds: number;
}

/**
 * Learns from every example once. The order and the dropped activations follow from the seed and the epoch's
 * number alone, so an epoch is the same whether or not the process has done the ones before it.
 *
 * @returns `undefined` when it was asked to stop before the last batch.
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
    // Signals are heard only between turns of the event loop.
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

/** Learns from one batch, the examples with the given positions. */
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
