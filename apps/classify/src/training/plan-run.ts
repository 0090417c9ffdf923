import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../counted.js';
import { defaultColumns } from '../data/columns.js';
import { InputError } from '../failure.js';
import { defaultSettings, embeddedSettings, type Settings } from '../model/settings.js';
import { modelFiles } from '../storage/model-files.js';
import {
  type Checkpoint,
  checkpointPath,
  type DataOptions,
  hasCheckpoint,
  readCheckpoint,
} from './checkpoint.js';
import type { PreparedData } from './prepare.js';

/** What the person asked for. */
export interface Wish {
  /** Only what was given. */
  settings: Partial<Settings>;
  /** Only what was given. */
  data: Partial<DataOptions>;
  /** Where to keep the run; null to keep nothing. */
  folder: string | null;
  resume: boolean;
}

/** What is going to be done. */
export interface RunPlan {
  settings: Settings;
  data: DataOptions;
  checkpoint: Checkpoint | undefined;
}

/**
 * Completes what was asked for: by the defaults, or by the checkpoint of the run to go on with.
 *
 * @param optionName the name on the command line of a setting, for messages.
 * @throws InputError when the folder holds a run and it is not to go on, or holds none and it is; when an option
 *   contradicts the checkpoint; when the checkpoint is damaged.
 */
export function planRun(wish: Wish, optionName: (setting: string) => string): RunPlan {
  if (wish.resume) return resumedRun(wish, optionName);
  if (wish.folder !== null) refuseUsedFolder(wish.folder);
  const data: DataOptions = {
    data: null,
    test: null,
    columns: { ...defaultColumns },
    skipBad: false,
    ...wish.data,
  };
  const defaults = data.data === null ? embeddedSettings : defaultSettings;
  return { settings: { ...defaults, ...wish.settings }, data, checkpoint: undefined };
}

/** Settings that may differ from the checkpoint's. */
const changeable: ReadonlySet<string> = new Set<keyof Settings>(['epochs', 'backend']);

/**
 * @throws InputError when there is no run to go on with in the folder.
 */
export function refuseNothingToResume(folder: string | null): asserts folder is string {
  if (folder === null) throw new InputError('--resume needs --out, the folder of the run to go on with.');
  if (hasCheckpoint(folder)) return;
  refuseModelAlone(folder);
  throw new InputError(`${folder}: no checkpoint here to resume. Leave --resume out to begin a new run.`);
}

function resumedRun({ settings, data, folder }: Wish, optionName: (setting: string) => string): RunPlan {
  refuseNothingToResume(folder);
  const checkpoint = readCheckpoint(folder);
  for (const [name, value] of Object.entries(settings)) {
    const kept = checkpoint.settings[name as keyof Settings];
    if (changeable.has(name) || value === kept) continue;
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
      `--epochs ${merged.epochs}: the run in ${folder} has finished ${counted(done, 'epoch')} already.`,
    );
  }
  return { settings: merged, data: { ...checkpoint.data, ...data }, checkpoint };
}

/** @throws InputError when an earlier run left something in the folder: it is not overwritten. */
function refuseUsedFolder(folder: string): void {
  refuseModelAlone(folder);
  if (!hasCheckpoint(folder)) return;
  throw new InputError(
    `${folder}: holds a training run already. Add --resume to go on with it, or choose another folder.`,
  );
}

/**
 * @throws InputError when the folder holds a model without a checkpoint: there is nothing to go on from, and the model
 *   is not overwritten.
 */
export function refuseModelAlone(folder: string): void {
  if (hasCheckpoint(folder) || !existsSync(join(folder, modelFiles.model))) return;
  throw new InputError(
    `${folder}: holds a finished model without a checkpoint, so there is no run to go on with. ` +
      'The model can be used as it is; to train, choose another folder for --out.',
  );
}

/**
 * @throws InputError when the data are not those that the checkpoint's run began with.
 */
export function checkSameData(checkpoint: Checkpoint, data: PreparedData, folder: string): void {
  const source = data.options.data ?? 'the embedded data';
  if (checkpoint.fingerprint !== data.fingerprint) {
    throw new InputError(
      `${source}: the examples are not those that the run in ${folder} began with. ` +
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
      `${source}: this version of Node cuts the texts into other tokens than the run in ${folder} began with. ` +
        'Go on with the same version, or train in another folder.',
    );
  }
}
