import { resolve } from 'node:path';
import { InputError } from '../failure.js';
import { cellNames } from '../model/settings.js';
import { hasCheckpoint, readCheckpoint } from '../training/checkpoint.js';
import { checkSameData, planRun, type RunPlan, refuseModelAlone } from '../training/plan-run.js';
import type { PreparedData } from '../training/prepare.js';
import { dataGiven, optionName, settingsGiven, type TrainingFlags } from './options.js';

export interface CompareFlags extends TrainingFlags {
  cells: string[];
  out: string;
}

/** One cell's run: its plan and its folder in the comparison's. */
export interface CellRun {
  cell: string;
  folder: string;
  plan: RunPlan;
}

/** The folder of each cell's run, in the order of the cells. */
export function cellFolders(flags: CompareFlags): string[] {
  return flags.cells.map((cell) => resolve(flags.out, cell));
}

/** @throws InputError when there is no run to resume. */
export function requireAnyRun(flags: CompareFlags): void {
  const folders = cellFolders(flags);
  if (folders.some(hasCheckpoint)) return;
  for (const folder of folders) refuseModelAlone(folder);
  throw new InputError(`${flags.out}: no comparison to resume here. Leave --resume out to start one.`);
}

/**
 * The runs of a comparison. A resumed comparison continues the cells with a checkpoint and starts the others with the
 * same settings and data.
 *
 * @throws InputError when the checkpoints have different settings.
 */
export function cellRuns(flags: CompareFlags): CellRun[] {
  const folders = cellFolders(flags);
  const resumed = flags.resume ? folders.find(hasCheckpoint) : undefined;
  const first = resumed === undefined ? undefined : readCheckpoint(resumed);
  return flags.cells.map((cell, index): CellRun => {
    const folder = folders[index];
    const request = {
      settings: { ...first?.settings, ...settingsGiven(flags), cell },
      data: { ...first?.data, ...dataGiven(flags) },
      folder,
      resume: resumed !== undefined && hasCheckpoint(folder),
    };
    return { cell, folder, plan: planRun(request, optionName) };
  });
}

/**
 * Earlier finished runs of the same comparison for cells that `--cells` does not name: the report includes them. A notice
 * names runs of another comparison, unfinished and damaged runs; the report does not include these.
 *
 * @param plan of a cell that `--cells` names.
 */
export function earlierRuns(
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
  const request = { settings: { ...settings, cell }, data, folder, resume: true };
  const plan = planRun(request, optionName);
  if (plan.checkpoint === undefined) return plan;
  checkSameData(plan.checkpoint, prepared, folder);
  const done = plan.checkpoint.history.length;
  if (done < settings.epochs) {
    throw new InputError(
      `${folder}: ${done} of ${settings.epochs} epochs are finished. Name ${cell} in --cells to finish it.`,
    );
  }
  return plan;
}
