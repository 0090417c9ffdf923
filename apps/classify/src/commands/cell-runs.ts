import { resolve } from 'node:path';
import { InputError } from '../failure.js';
import { cellNames } from '../model/cells.js';
import { hasCheckpoint, readCheckpoint } from '../training/checkpoint.js';
import { checkSameData, planRun, type RunPlan, refuseModelAlone } from '../training/plan-run.js';
import type { PreparedData } from '../training/prepare.js';
import { dataGiven, optionName, settingsGiven, type TrainingFlags } from './options.js';

export interface CompareFlags extends TrainingFlags {
  cells: string[];
  out: string;
}

/** One cell's run: its plan and the folder below the comparison's where it is kept. */
export interface CellRun {
  cell: string;
  folder: string;
  plan: RunPlan;
}

/** The folder of each cell's run, in the order of the cells. */
export function cellFolders(flags: CompareFlags): string[] {
  return flags.cells.map((cell) => resolve(flags.out, cell));
}

/**
 * @throws InputError when no cell's run was begun, so that there is nothing to resume.
 */
export function refuseNothingBegun(flags: CompareFlags): void {
  const folders = cellFolders(flags);
  if (folders.some(hasCheckpoint)) return;
  for (const folder of folders) refuseModelAlone(folder);
  throw new InputError(`${flags.out}: no comparison to resume here. Leave --resume out to begin one.`);
}

/**
 * The runs of a comparison. One that is resumed goes on with the cells that were begun and begins the others with the
 * same settings and data.
 *
 * @throws InputError when cells were begun with different settings.
 */
export function cellRuns(flags: CompareFlags): CellRun[] {
  const folders = cellFolders(flags);
  const begun = flags.resume ? folders.find(hasCheckpoint) : undefined;
  const first = begun === undefined ? undefined : readCheckpoint(begun);
  return flags.cells.map((cell, index): CellRun => {
    const folder = folders[index];
    const wish = {
      settings: { ...first?.settings, ...settingsGiven(flags), cell },
      data: { ...first?.data, ...dataGiven(flags) },
      folder,
      resume: begun !== undefined && hasCheckpoint(folder),
    };
    return { cell, folder, plan: planRun(wish, optionName) };
  });
}

/**
 * The finished runs of the same comparison in its folder whose cells were not asked for this time: the report is of
 * them too. Those of another comparison, unfinished or damaged are left out of it, with a notice.
 *
 * @param plan of a cell that was asked for.
 */
export function finishedBefore(
  flags: CompareFlags,
  plan: RunPlan,
  data: PreparedData,
  notice: (message: string) => void,
): CellRun[] {
  const runs: CellRun[] = [];
  for (const cell of cellNames) {
    const folder = resolve(flags.out, cell);
    if (flags.cells.includes(cell) || !hasCheckpoint(folder)) continue;
    try {
      runs.push({ cell, folder, plan: finishedRun(cell, folder, plan, data) });
      notice(`${cell} was compared in ${flags.out} before and is in the report too.`);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      notice(`${cell} in ${flags.out} is left out of the report. ${error.message}`);
    }
  }
  return runs;
}

/** @throws InputError when the folder's run has other settings or data, is not finished, or cannot be read. */
function finishedRun(
  cell: string,
  folder: string,
  { settings, data }: RunPlan,
  prepared: PreparedData,
): RunPlan {
  const wish = { settings: { ...settings, cell }, data, folder, resume: true };
  const plan = planRun(wish, optionName);
  if (plan.checkpoint === undefined) return plan;
  checkSameData(plan.checkpoint, prepared, folder);
  const done = plan.checkpoint.history.length;
  if (done < settings.epochs) {
    throw new InputError(
      `${folder}: ${done} of ${settings.epochs} epochs are finished. Name ${cell} in --cells to go on with it.`,
    );
  }
  return plan;
}
