import { basename, join, resolve } from 'node:path';
import { dispose } from '@tensorflow/tfjs-core';
import { useBackend } from '../backend.js';
import { InputError } from '../failure.js';
import { cellNamed } from '../model/cells.js';
import type { Reporter, Streams } from '../progress/reporter.js';
import { type ComparedRun, comparisonTable } from '../report/comparison.js';
import { htmlReport, type ReportSubject } from '../report/html-report.js';
import { summaryOf } from '../report/summary.js';
import { textTable } from '../report/text-table.js';
import { writeFileAtomically } from '../storage/atomic-file.js';
import { hasCheckpoint, readCheckpoint } from '../training/checkpoint.js';
import { checkSameData, planRun, type RunPlan } from '../training/plan-run.js';
import { type PreparedData, prepareData } from '../training/prepare.js';
import { type RunResult, runTraining } from '../training/run.js';
import { interruptedStatus, type StopRequest, stoppable } from '../training/stop.js';
import { optionName, settingsGiven, type TrainingFlags } from './options.js';
import { dataGiven, noticeTo, reporterFor, shellWord } from './train.js';

export interface CompareFlags extends TrainingFlags {
  cells: string[];
  out: string;
}

/** One cell's run: its plan and the folder below the comparison's where it is kept. */
interface CellRun {
  cell: string;
  folder: string;
  plan: RunPlan;
}

/** Trains a model with each cell on the same split and reports on all of them. @returns the exit status. */
export async function compare(flags: CompareFlags, streams: Streams): Promise<number> {
  for (const cell of flags.cells) cellNamed(cell);
  const notice = noticeTo(streams);
  const runs = cellRuns(flags);
  const { settings, data } = runs[0].plan;
  const prepared = prepareData(data, settings, notice);
  for (const { plan, folder } of runs) if (plan.checkpoint) checkSameData(plan.checkpoint, prepared, folder);
  const backend = await useBackend(settings.backend);
  const compared: ComparedRun[] = [];
  const finished = await stoppable(
    async (stop) => {
      for (const run of runs) {
        const result = await trainCell(
          run,
          prepared,
          stop,
          reporterFor(streams, flags.json ?? false, { cell: run.cell }),
        );
        dispose(result.model.weights.map((weight) => weight.read()));
        if (!result.finished) return false;
        compared.push({
          cell: run.cell,
          parameters: result.parameters,
          history: result.history,
          testAccuracy: result.test?.accuracy,
        });
        if (flags.json) {
          const about = { backend, cell: run.cell, trainExamples: prepared.train.count };
          streams.output.write(`${JSON.stringify({ summary: summaryOf(result, about) })}\n`);
        }
      }
      return true;
    },
    () => notice('stopping after this batch; press Ctrl-C again to stop at once'),
  );
  if (!finished) {
    const cells = flags.cells.join(',');
    notice(`stopped. Go on with: compare --cells ${cells} --out ${shellWord(flags.out)} --resume`);
    return interruptedStatus;
  }
  const report = join(flags.out, 'report.html');
  const subject: ReportSubject = {
    data: data.data === null ? 'Names in twelve languages' : basename(data.data),
    classes: prepared.classes.length,
    trainExamples: prepared.train.count,
    validationExamples: prepared.validation?.count ?? 0,
    testExamples: prepared.test?.count ?? 0,
    backend,
    settings,
  };
  writeFileAtomically(report, [htmlReport(compared, subject)]);
  if (!flags.json) {
    const { columns, rows } = comparisonTable(compared);
    streams.output.write(`\n${textTable(columns, rows)}`);
  }
  notice(`The learning curves are in ${report}.`);
  return 0;
}

/**
 * The runs of a comparison. One that is resumed goes on with the cells that were begun and begins the others with the
 * same settings and data.
 *
 * @throws InputError when cells were begun with different settings.
 */
function cellRuns(flags: CompareFlags): CellRun[] {
  const folders = flags.cells.map((cell) => resolve(flags.out, cell));
  const begun = flags.resume ? folders.find(hasCheckpoint) : undefined;
  if (flags.resume && begun === undefined) {
    throw new InputError(`${flags.out}: no comparison to resume here. Leave --resume out to begin one.`);
  }
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

function trainCell(
  { folder, plan }: CellRun,
  data: PreparedData,
  stop: StopRequest,
  observer: Reporter,
): Promise<RunResult> {
  const { settings, checkpoint } = plan;
  return runTraining({ settings, data, folder, checkpoint, stop, observer }).finally(() => observer.end());
}
