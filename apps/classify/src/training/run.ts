import type { LayersModel } from '@tensorflow/tfjs-layers';
import { buildModel } from '../model/build.js';
import type { Settings } from '../model/settings.js';
import type { NamedArray } from '../storage/checkpoint-file.js';
import { writeModel, writeModelDescription } from '../storage/model-files.js';
import type { LabelledTexts } from '../text/encoded-texts.js';
import { type Checkpoint, checkpointPath, writeCheckpoint } from './checkpoint.js';
import { type BatchProgress, trainEpoch } from './epoch.js';
import { type Evaluation, evaluate, probabilities } from './evaluate.js';
import { bestOf, Divergence, type EpochRecord } from './history.js';
import type { PreparedData } from './prepare.js';
import type { StopRequest } from './stop.js';
import {
  allFinite,
  firstNotFinite,
  modelWeights,
  optimizerState,
  restoreOptimizer,
  restoreWeights,
} from './weights.js';

/** Callbacks for the events of a run. */
export interface TrainingObserver {
  begin(run: RunDescription): void;
  batch(progress: BatchProgress): void;
  epoch(record: EpochRecord): void;
}

/** The description of a run at its start. */
export interface RunDescription {
  settings: Settings;
  parameters: number;
  trainExamples: number;
  validationExamples: number;
  classes: number;
  /** The number of epochs before the resume. */
  finishedEpochs: number;
}

/** One training run: a new one, or one that resumes from a checkpoint. */
export interface Run {
  settings: Settings;
  data: PreparedData;
  /** The folder of checkpoints and model; null to save nothing. */
  folder: string | null;
  checkpoint?: Checkpoint;
  stop: StopRequest;
  observer: TrainingObserver;
}

/** The result of a run. */
export interface RunResult {
  /** False when a stop was requested before the end of the last epoch. */
  finished: boolean;
  history: EpochRecord[];
  /** The epoch of the weights in the model and in the folder; undefined when no epoch is finished. */
  best: EpochRecord | undefined;
  /** Of the best epoch; undefined without test data and when the run did not finish. */
  test: Evaluation | undefined;
  parameters: number;
  model: LayersModel;
}

/**
 * Trains a model epoch by epoch. After each epoch it writes the model of the best epoch so far and then a checkpoint, each
 * in one step. So both can be read whenever the process ends.
 *
 * @throws Divergence when training diverges: the files of the epochs before stay as they are.
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
 * @returns undefined when a stop was requested.
 * @throws Divergence when weights or predictions are not finite after the epoch.
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
  if (validation === undefined && !(await predictsFinite(model, data.train, settings.batch))) {
    throw new Divergence(`The model predicts NaN after epoch ${epoch}`);
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

/** Whether the predictions of a batch are finite: finite weights may still overflow. */
async function predictsFinite(model: LayersModel, set: LabelledTexts, batch: number): Promise<boolean> {
  const count = Math.min(batch, set.count);
  return allFinite(await probabilities(model, set.texts, set.classes.length, count));
}
