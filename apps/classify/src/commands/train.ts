import { useBackend } from '../backend.js';
import { readEquations } from '../files/equations-file.js';
import { ownCell } from '../model/own-cell.js';
import { ownCellName, type Settings } from '../model/settings.js';
import { chooseReporter } from '../progress/reporters.js';
import { summaryOf, summaryText } from '../report/summary.js';
import { lockingFolders } from '../storage/folder-lock.js';
import { formatQuantity } from '../terminal/numbers.js';
import { noticeTo, type Streams } from '../terminal/streams.js';
import { checkSameData, planRun, requireCheckpoint } from '../training/plan-run.js';
import { prepareData } from '../training/prepare.js';
import { runTraining } from '../training/run.js';
import { interruptedStatus, stoppable } from '../training/stop.js';
import {
  absolutePath,
  commandLine,
  dataGiven,
  importing,
  optionName,
  settingsGiven,
  type TrainingFlags,
} from './options.js';

export interface TrainFlags extends TrainingFlags {
  cellFile?: string;
  out?: string;
}

/** Trains one model. @returns the exit status. */
export async function train(flags: TrainFlags, streams: Streams): Promise<number> {
  const folder = absolutePath(flags.out);
  // Before the lock, which creates the folder.
  if (flags.resume) requireCheckpoint(folder);
  const folders = folder === null ? [] : [folder];
  return lockingFolders(folders, noticeTo(streams), () => trainIn(folder, flags, streams));
}

async function trainIn(folder: string | null, flags: TrainFlags, streams: Streams): Promise<number> {
  const notice = noticeTo(streams);
  const { checkpoint, ...plan } = planRun(
    {
      settings: { ...settingsGiven(flags), ...ownCellGiven(flags) },
      data: dataGiven(flags),
      folder,
      resume: flags.resume ?? false,
    },
    optionName,
  );
  if (plan.settings.equations !== null) ownCell(plan.settings);
  const data = prepareData(plan.data, plan.settings, notice);
  if (checkpoint !== undefined && folder !== null) checkSameData(checkpoint, data, folder);
  const backend = await useBackend(plan.settings.backend, flags.import);
  if (checkpoint !== undefined) noticeOtherBackend(checkpoint.settings.backend, backend, notice);
  // The name of the backend, so that a resumed run uses the same one.
  const settings = { ...plan.settings, backend };
  const reporter = chooseReporter(streams, flags.json ?? false);
  const result = await stoppable(
    (stop) =>
      runTraining({ settings, data, folder, checkpoint, stop, observer: reporter }).finally(() =>
        reporter.end(),
      ),
    () => {
      reporter.end();
      notice(stoppingNotice);
    },
  );
  if (!result.finished) {
    notice(stoppedNotice(result.history.length, settings.epochs, flags));
    return interruptedStatus;
  }
  if (flags.json) {
    const run = { backend, cell: settings.cell, trainExamples: data.train.count };
    streams.output.write(`${JSON.stringify({ summary: summaryOf(result, run) })}\n`);
    return 0;
  }
  streams.output.write(summaryText(result, backend));
  streams.output.write(
    flags.out === undefined
      ? 'The model was not saved; give --out FOLDER to keep it.\n'
      : `The model is in ${flags.out}. Ask it: ${commandLine('predict', '--model', flags.out, ...importing(flags))} "some text"\n`,
  );
  return 0;
}

/** The settings for the equations in a file. */
const ownCellGiven = ({ cellFile }: TrainFlags): Partial<Settings> =>
  cellFile === undefined ? {} : { cell: ownCellName, equations: readEquations(cellFile) };

/** The notice at the first Ctrl-C. */
export const stoppingNotice = 'stopping after this batch; press Ctrl-C again to stop at once';

/** Says that a resumed run has other numbers than it would have on the backend on which it started. */
export function noticeOtherBackend(
  before: string | null,
  now: string,
  notice: (message: string) => void,
): void {
  if (before === now) return;
  notice(`the run started on the backend ${before}; on ${now} its numbers differ in their last digits`);
}

function stoppedNotice(finished: number, epochs: number, flags: TrainFlags): string {
  const state = `stopped; ${finished} of ${formatQuantity(epochs, 'epoch')} ${finished === 1 ? 'is' : 'are'} finished`;
  const { out: folder } = flags;
  if (folder === undefined) return `${state}. Nothing was saved; give --out FOLDER to be able to resume.`;
  return `${state}. Resume with: ${commandLine('train', '--out', folder, '--resume', ...importing(flags))}`;
}
