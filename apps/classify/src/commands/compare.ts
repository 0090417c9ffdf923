import { basename, join } from 'node:path';
import { useBackend } from '../backend.js';
import type { Settings } from '../model/settings.js';
import { chooseReporter, type Reporter } from '../progress/reporters.js';
import { htmlReport, type ReportSubject } from '../report/html-report.js';
import { summaryOf } from '../report/summary.js';
import { type ComparedRun, comparisonTable, textTable } from '../report/tables.js';
import { writeFileAtomically } from '../storage/atomic-file.js';
import { lockingFolders } from '../storage/folder-lock.js';
import { noticeTo, type Streams } from '../terminal/streams.js';
import { warmUp } from '../training/epoch.js';
import { Divergence } from '../training/history.js';
import { checkSameData } from '../training/plan-run.js';
import { type PreparedData, prepareData } from '../training/prepare.js';
import { type RunResult, runTraining } from '../training/run.js';
import { interruptedStatus, type StopRequest, stoppable } from '../training/stop.js';
import { type CompareFlags, cellFolders, cellRuns, earlierRuns, requireAnyRun } from './cell-runs.js';
import { commandLine, importing } from './options.js';
import { noticeOtherBackend, stoppingNotice } from './train.js';

/**
 * Trains a model with each cell on the same split and reports on all of them. If the training of a cell diverges, a notice
 * says so, the table leaves it out, and the other cells are still trained.
 *
 * @returns the exit status: 1 when a cell diverged.
 */
export async function compare(flags: CompareFlags, streams: Streams): Promise<number> {
  if (flags.resume) requireAnyRun(flags);
  return lockingFolders(cellFolders(flags), noticeTo(streams), () => compareCells(flags, streams));
}

async function compareCells(flags: CompareFlags, streams: Streams): Promise<number> {
  const notice = noticeTo(streams);
  const named = cellRuns(flags);
  const { settings } = named[0].plan;
  const data = prepareData(named[0].plan.data, settings, notice);
  for (const { plan, folder } of named) if (plan.checkpoint) checkSameData(plan.checkpoint, data, folder);
  const runs = [...named, ...earlierRuns(flags, named[0].plan, data, notice)];
  const backend = await useBackend(settings.backend, flags.import);
  let reporter: Reporter;
  const compared: ComparedRun[] = [];
  const diverged: string[] = [];
  const trainAll = async (stop: StopRequest): Promise<boolean> => {
    for (const { cell, folder, plan } of runs) {
      if (plan.checkpoint) noticeOtherBackend(plan.checkpoint.settings.backend, backend, notice);
      reporter = chooseReporter(streams, flags.json ?? false, { cell });
      if (plan.checkpoint?.history.length !== plan.settings.epochs) await warmUp(plan.settings, data);
      const result = await runTraining({
        ...plan,
        settings: { ...plan.settings, backend },
        data,
        folder,
        stop,
        observer: reporter,
      })
        .catch((error) => {
          if (!(error instanceof Divergence)) throw error;
          return error;
        })
        .finally(() => reporter.end());
      if (result instanceof Divergence) {
        diverged.push(cell);
        notice(`error: ${cell}: ${result.message}`);
        continue;
      }
      if (!result.finished) return false;
      compared.push(comparedRun(cell, result));
      if (flags.json) {
        const summary = summaryOf(result, { backend, cell, trainExamples: data.train.count });
        streams.output.write(`${JSON.stringify({ summary })}\n`);
      }
      result.model.optimizer.dispose();
      result.model.dispose();
    }
    return true;
  };
  const finished = await stoppable(trainAll, () => {
    reporter.end();
    notice(stoppingNotice);
  });
  if (!finished) {
    const cells = flags.cells.join(',');
    notice(
      `stopped. Resume with: ${commandLine('compare', '--cells', cells, '--out', flags.out, '--resume', ...importing(flags))}`,
    );
    return interruptedStatus;
  }
  if (compared.length === 0) return 1;
  if (!flags.json) {
    const { columns, rows } = comparisonTable(compared);
    streams.output.write(`\n${textTable(columns, rows)}`);
  }
  const report = join(flags.out, 'report.html');
  writeFileAtomically(report, [htmlReport(compared, subjectOf(settings, data, backend), diverged)]);
  notice(`The learning curves are in ${report}.`);
  return diverged.length === 0 ? 0 : 1;
}

function comparedRun(cell: string, { parameters, history, test }: RunResult): ComparedRun {
  return { cell, parameters, history, testAccuracy: test?.accuracy };
}

function subjectOf(settings: Settings, data: PreparedData, backend: string): ReportSubject {
  return {
    data: data.options.data === null ? 'Names in twelve languages' : basename(data.options.data),
    classes: data.classes.length,
    trainExamples: data.train.count,
    validationExamples: data.validation?.count ?? 0,
    testExamples: data.test?.count ?? 0,
    backend,
    settings,
  };
}
