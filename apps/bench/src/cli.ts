#!/usr/bin/env node
import { Command } from 'commander';
import { competitorsOf } from './contenders/catalogue.js';
import { startThread } from './lanes/thread.js';
import { describeMachine } from './machine.js';
import { type BenchOptions, benchOptions, contendersOf, contradictionIn } from './options.js';
import { cellRatioTable } from './report/cell-ratios.js';
import { jsonLine } from './report/json-lines.js';
import { kernelTable } from './report/kernel-table.js';
import { createProgress } from './report/progress.js';
import { taskTable } from './report/table.js';
import { isMeasured, type TaskReport } from './results.js';
import { runSeries } from './run-series.js';
import { untilIdle } from './until-idle.js';
import { type Series, seriesOf, titleOf } from './workloads/workload.js';

/** What a shell expects of a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

async function bench(options: BenchOptions): Promise<void> {
  const contradiction = contradictionIn(options);
  if (contradiction) command.error(`error: ${contradiction}`);
  const allSeries = seriesOf(options);
  const competitors = competitorsOf(contendersOf(options), options.backends);
  const progress = createProgress(allSeries.length, process.stderr);
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());

  (options.json ? process.stderr : process.stdout).write(`${describeMachine()}\n`);
  for (const [index, series] of allSeries.entries()) {
    progress.series(index, titleOf(series));
    const reports = await runSeries(series, competitors, {
      startLane: () => startThread(),
      settle: untilIdle,
      limitSeconds: options.limit,
      profile: options.kernels,
      signal: interruption.signal,
      onStage: progress.stage,
    });
    progress.pause();
    process.stdout.write(options.json ? seriesLines(reports) : seriesTables(series, reports));
    if (interruption.signal.aborted) break;
  }
  progress.end();
  if (!interruption.signal.aborted) return;
  process.stderr.write('interrupted; what was measured is above\n');
  process.exitCode = INTERRUPTED;
}

/** All results, one a line. */
function seriesLines(reports: readonly TaskReport[]): string {
  return reports.flatMap(({ results }) => results.map(jsonLine)).join('');
}

/** For each cell that has results a table and where time goes, then how the cells compare, with empty lines between. */
function seriesTables(series: Series, reports: readonly TaskReport[]): string {
  const tables = reports.filter(({ results }) => results.length > 0).flatMap(tablesOf);
  const ratios = cellRatioTable(series, reports);
  return [...tables, ...(ratios ? [ratios] : [])].map((table) => `${table}\n`).join('');
}

function tablesOf(report: TaskReport): string[] {
  const profiles = report.results
    .filter(isMeasured)
    .flatMap((result) => (result.profile ? [kernelTable(result, result.profile)] : []));
  return [taskTable(report), ...profiles];
}

// A reader that has seen enough (such as head) closes the pipe; that is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const command = new Command('sluice-bench')
  .description(
    'Measures recurrent layers: Sluice, TensorFlow.js and onnxruntime-web, in alternation in one run.',
  )
  .action(bench);
for (const option of benchOptions()) command.addOption(option);
await command.parseAsync();
