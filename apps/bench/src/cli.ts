#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { CeilingReport } from './ceilings/ceilings.js';
import { describeNode } from './command/machine.js';
import { type BenchOptions, benchOptions, contendersOf, contradictionIn } from './command/options.js';
import { createProgress } from './command/progress.js';
import { startThread } from './command/thread.js';
import { untilIdle } from './command/until-idle.js';
import { competitorsOf } from './contenders/catalogue.js';
import { machineLines, whyNot } from './machine.js';
import { cellRatioTables } from './report/cell-ratios.js';
import { jsonLine } from './report/json-lines.js';
import { kernelTable } from './report/kernel-table.js';
import { taskTable } from './report/table.js';
import { isMeasured, type TaskReport } from './results.js';
import { writeRun } from './results-file.js';
import { runAll } from './run-all.js';
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

  const date = new Date().toISOString();
  const machine = await describeNode(options.backends);
  for (const backend of options.backends) {
    const reason = whyNot(backend, machine);
    if (reason) command.error(`error: ${backend} cannot be measured here: ${reason}`);
  }
  const ceilings: CeilingReport[] = [];
  const reports: TaskReport[] = [];
  (options.json ? process.stderr : process.stdout).write(`${machineLines(machine).join('\n')}\n\n`);
  const ceilingsOf = options.save ? options.backends : [];
  await runAll(
    { ceilingsOf, allSeries, competitors },
    {
      startLane: () => startThread(),
      settle: () => untilIdle(options.timeScale),
      timeScale: options.timeScale,
      limitSeconds: options.limit,
      profile: options.kernels,
      signal: interruption.signal,
      onStage: progress.stage,
      onCeiling: (ceiling) => ceilings.push(ceiling),
      onSeries: (index, series) => progress.series(index, titleOf(series)),
      onReports: (found, series) => {
        progress.pause();
        process.stdout.write(options.json ? seriesLines(found) : seriesTables(series, found));
        reports.push(...found);
      },
    },
  );
  if (options.save) await writeFile(options.save, writeRun({ date, machine, ceilings, reports }));
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
  return [...tables, ...cellRatioTables(series, reports)].map((table) => `${table}\n`).join('');
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
