import type { LayersModel } from '@tensorflow/tfjs-layers';
import { buildModel } from '../model/build.js';
import type { Settings } from '../model/settings.js';
import type { NamedArray } from '../storage/named-array.js';
import { writeModel, writeModelDescription } from '../storage/write-model.js';
import { type Checkpoint, checkpointPath, writeCheckpoint } from './checkpoint.js';
import { Divergence } from './divergence.js';
import { type BatchProgress, trainEpoch } from './epoch.js';
import { type Evaluation, evaluate, probabilities } from './evaluate.js';
import { bestOf, type EpochRecord } from './history.js';
import type { LabelledTexts } from './labelled-texts.js';
import { optimizerState, restoreOptimizer } from './optimizer-state.js';
import type { PreparedData } from './prepare.js';
import type { StopRequest } from './stop.js';
import { allFinite, firstNotFinite, modelWeights, restoreWeights } from './weights.js';

/** Told how a run goes. */
export interface TrainingObserver {
  begin(run: RunDescription): void;
  batch(progress: BatchProgress): void;
  epoch(record: EpochRecord): void;
}

/** What is about to be trained. */
export interface RunDescription {
  settings: Settings;
  parameters: number;
  trainExamples: number;
  validationExamples: number;
  classes: number;
  /** Epochs finished before, by the run that is resumed. */
  finishedEpochs: number;
}

/** One training run: a new one, or one that goes on from a checkpoint. */
export interface Run {
  settings: Settings;
  data: PreparedData;
  /** Where checkpoints and the model are kept; null to keep nothing. */
  folder: string | null;
  checkpoint?: Checkpoint;
  stop: StopRequest;
  observer: TrainingObserver;
}

/** What a run came to. */
export interface RunResult {
  /** False when it was asked to stop before the last epoch was over. */
  finished: boolean;
  history: EpochRecord[];
  /** The epoch whose weights the model now has and the folder holds; undefined when none was finished. */
  best: EpochRecord | undefined;
  /** Of the best epoch; undefined without test data and when the run did not finish. */
  test: Evaluation | undefined;
  parameters: number;
  model: LayersModel;
}

/**
 * Trains a model epoch by epoch. After each epoch the model of the best epoch so far and a checkpoint are written,
 * each replaced in one step, the model first: whatever moment the process dies at, both can be read.
 *
 * @throws Divergence when training leaves the finite numbers: the epochs before it stay as they were written.
 * @throws InputError when a file cannot be written.
 */
export async function runTraining({
  settings,
  data,
  folder,
  checkpoint,
  stop,
  observer,
}: Run): Promise<RunResult> {
  const model = buildModel(settings, data.vocabulary.size, data.classes.length);
  const source = folder === null ? 'this run' : checkpointPath(folder);
  const history = [...(checkpoint?.history ?? [])];
  let weights = checkpoint?.weights ?? (await modelWeights(model));
  let bestWeights = checkpoint?.bestWeights ?? weights;
  let optimizer: NamedArray[] = checkpoint?.optimizer ?? [];
  const save = () => {
    if (folder === null) return;
    const isBest = bestWeights === weights;
    writeCheckpoint(folder, {
      settings,
      data: data.options,
      fingerprint: data.fingerprint,
      classes: data.classes,
      tokens: [...data.vocabulary.tokens],
      history,
      weights,
      optimizer,
      ...(!isBest && { bestWeights }),
    });
  };
  const parameters = weights.reduce((sum, { values }) => sum + values.length, 0);
  observer.begin({
    settings,
    parameters,
    trainExamples: data.train.count,
    validationExamples: data.validation?.count ?? 0,
    classes: data.classes.length,
    finishedEpochs: history.length,
  });
  if (checkpoint !== undefined) {
    restoreWeights(model, weights, source);
    if (optimizer.length > 0) await restoreOptimizer(model.optimizer, optimizer);
  } else if (folder !== null) {
    writeModelDescription(folder, { settings, classes: data.classes, tokens: data.vocabulary.tokens });
    save();
  }
  let finished = true;
  for (let epoch = history.length + 1; epoch <= settings.epochs; epoch++) {
    const result = await runEpoch(model, { settings, data, stop, observer }, epoch).catch((error) => {
      model.optimizer.dispose();
      model.dispose();
      throw error instanceof Divergence ? error.explained(settings, bestOf(history), folder) : error;
    });
    if (result === undefined) {
      finished = false;
      break;
    }
    const { record } = result;
    history.push(record);
    weights = result.weights;
    optimizer = await optimizerState(model.optimizer);
    await restoreOptimizer(model.optimizer, optimizer);
    if (bestOf(history)?.epoch === epoch) {
      bestWeights = weights;
      if (folder !== null) await writeModel(folder, model, epoch);
    }
    save();
    observer.epoch(record);
  }
  restoreWeights(model, bestWeights, source);
  const best = bestOf(history);
  const test = finished && data.test ? await evaluate(model, data.test) : undefined;
  if (test !== undefined && !Number.isFinite(test.loss)) {
    throw new Divergence(`The test loss is ${test.loss}`).explained(settings, best, folder);
  }
  return {
    finished,
    history,
    best,
    test,
    parameters,
    model,
  };
}

/**
 * Trains one epoch and validates it.
 *
 * @returns undefined when it was asked to stop.
 * @throws Divergence when the epoch leaves weights or answers that are not finite.
 */
async function runEpoch(
  model: LayersModel,
  { settings, data, stop, observer }: Pick<Run, 'settings' | 'data' | 'stop' | 'observer'>,
  epoch: number,
): Promise<{ record: EpochRecord; weights: NamedArray[] } | undefined> {
  const result = await trainEpoch(model, data.train, settings, epoch, stop, (progress) =>
    observer.batch(progress),
  );
  if (result === undefined) return undefined;
  const weights = await modelWeights(model);
  const broken = firstNotFinite(weights);
  if (broken !== undefined) {
    throw new Divergence(`The weights ${broken.name} are no longer finite after epoch ${epoch}`);
  }
  const validation = data.validation && (await evaluate(model, data.validation));
  if (validation !== undefined && !Number.isFinite(validation.loss)) {
    throw new Divergence(`The validation loss became ${validation.loss} after epoch ${epoch}`);
  }
  if (validation === undefined && !(await answersBatch(model, data.train, settings.batch))) {
    throw new Divergence(`The model answers with NaN after epoch ${epoch}`);
  }
  const record = {
    epoch,
    loss: result.loss,
    accuracy: result.accuracy,
    validationLoss: validation?.loss ?? null,
    validationAccuracy: validation?.accuracy ?? null,
    seconds: result.seconds,
    examplesPerSecond: data.train.count / result.seconds,
  };
  return { record, weights };
}

/** Whether the answers to a first batch are finite: finite weights may still be too large to compute with. */
async function answersBatch(model: LayersModel, set: LabelledTexts, batch: number): Promise<boolean> {
  const count = Math.min(batch, set.count);
  return allFinite(await probabilities(model, set.texts, set.classes.length, count));
}
