import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defaultColumns } from '../data/example.js';
import { InputError } from '../failure.js';
import { defaultSettings, embeddedSettings, type Settings } from '../model/settings.js';
import { modelFiles } from '../storage/model-json.js';
import { formatQuantity } from '../terminal/numbers.js';
import {
  type Checkpoint,
  checkpointPath,
  type DataOptions,
  hasCheckpoint,
  readCheckpoint,
} from './checkpoint.js';
import type { PreparedData } from './prepare.js';

/** The request for a run. */
export interface RunRequest {
  /** The given settings. */
  settings: Partial<Settings>;
  /** The given data options. */
  data: Partial<DataOptions>;
  /** The folder of the run; null to save nothing. */
  folder: string | null;
  resume: boolean;
}

/** A run with all settings. */
export interface RunPlan {
  settings: Settings;
  data: DataOptions;
  checkpoint: Checkpoint | undefined;
}

/**
 * Completes a request from the defaults or, to resume a run, from its checkpoint.
 *
 * @param optionName gives the name of a setting on the command line, for messages.
 * @throws InputError when a new run has a used folder; when a run to resume has no checkpoint, or a damaged one; when an
 *   option contradicts the checkpoint.
 */
export function planRun(request: RunRequest, optionName: (setting: string) => string): RunPlan {
  if (request.resume) return resumedRun(request, optionName);
  if (request.folder !== null) refuseUsedFolder(request.folder);
  const data: DataOptions = {
    data: null,
    test: null,
    columns: { ...defaultColumns },
    skipBad: false,
    ...request.data,
  };
  const defaults = data.data === null ? embeddedSettings : defaultSettings;
  return { settings: { ...defaults, ...request.settings }, data, checkpoint: undefined };
}

/** Settings that may differ from the checkpoint's. */
const changeable: ReadonlySet<string> = new Set<keyof Settings>(['epochs', 'backend']);

/** @throws InputError when the folder has no run to resume. */
export function requireCheckpoint(folder: string | null): asserts folder is string {
  if (folder === null) throw new InputError('--resume needs --out, the folder of the run to resume.');
  if (hasCheckpoint(folder)) return;
  refuseModelAlone(folder);
  throw new InputError(`${folder}: no checkpoint here to resume. Leave --resume out to start a new run.`);
}

function resumedRun(
  { settings, data, folder }: RunRequest,
  optionName: (setting: string) => string,
): RunPlan {
  requireCheckpoint(folder);
  const checkpoint = readCheckpoint(folder);
  for (const [name, value] of Object.entries(settings)) {
    const kept = checkpoint.settings[name as keyof Settings];
    if (changeable.has(name) || JSON.stringify(value) === JSON.stringify(kept)) continue;
    if (name === 'equations') {
      throw new InputError(
        `--cell-file has other equations than the run in ${folder}. Leave it out, or train in another folder.`,
      );
    }
    const option = optionName(name);
    throw new InputError(
      `${option} ${value} contradicts the checkpoint in ${folder}, which has ${kept}. ` +
        `Leave ${option} out, or train in another folder.`,
    );
  }
  const merged = { ...checkpoint.settings, ...settings };
  const done = checkpoint.history.length;
  if (merged.epochs < done) {
    throw new InputError(
      `--epochs ${merged.epochs}: the run in ${folder} has finished ${formatQuantity(done, 'epoch')} already.`,
    );
  }
  return { settings: merged, data: { ...checkpoint.data, ...data }, checkpoint };
}

/** @throws InputError when the folder has an earlier run or model, which must not be overwritten. */
export function refuseUsedFolder(folder: string): void {
  refuseModelAlone(folder);
  if (!hasCheckpoint(folder)) return;
  throw new InputError(
    `${folder}: holds a training run already. Add --resume to continue it, or choose another folder.`,
  );
}

/** @throws InputError when the folder has a run or a model, which an imported model would replace. */
export function refuseFolderOfModel(folder: string): void {
  if (!hasCheckpoint(folder) && !existsSync(join(folder, modelFiles.model))) return;
  throw new InputError(`${folder}: holds a model already. Choose another folder for --out.`);
}

/** @throws InputError when the folder has a model but no checkpoint: it cannot resume and must not be overwritten. */
export function refuseModelAlone(folder: string): void {
  if (hasCheckpoint(folder) || !existsSync(join(folder, modelFiles.model))) return;
  throw new InputError(
    `${folder}: holds a finished model without a checkpoint, so there is no run to resume. ` +
      'The model can be used as it is; to train, choose another folder for --out.',
  );
}

/** @throws InputError when the data differ from those of the checkpoint. */
export function checkSameData(checkpoint: Checkpoint, data: PreparedData, folder: string): void {
  const source = data.options.data ?? 'the embedded data';
  if (checkpoint.fingerprint !== data.fingerprint) {
    throw new InputError(
      `${source}: the examples differ from those of the run in ${folder}. ` +
        'Give it the same data, or train in another folder.',
    );
  }
  if (checkpoint.classes.join('\n') !== data.classes.join('\n')) {
    throw new InputError(
      `${checkpointPath(folder)}: its classes (${checkpoint.classes.join(', ')}) are not those of the data ` +
        `(${data.classes.join(', ')}). Train in another folder.`,
    );
  }
  const tokens = data.vocabulary.tokens;
  if (
    checkpoint.tokens.length !== tokens.length ||
    checkpoint.tokens.some((token, i) => token !== tokens[i])
  ) {
    throw new InputError(
      `${source}: this version of Node cuts the texts into other tokens than those of the run in ${folder}. ` +
        'Use the same version as before, or train in another folder.',
    );
  }
}
