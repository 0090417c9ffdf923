#!/usr/bin/env node
import { open, writeFile } from 'node:fs/promises';
import { backendNamed } from './backends.js';
import { describeNode, untilIdle } from './command/machine.js';
import { type BenchOptions, createCommand } from './command/options.js';
import { createProgress } from './command/progress.js';
import { startWorker } from './command/start-worker.js';
import { competitorsOf } from './contenders/catalogue.js';
import { machineLines } from './machine.js';
import { jsonLine, writeRun } from './report/results-file.js';
import { seriesTables } from './report/tables.js';
import { runAll } from './run/run-all.js';
import { seriesOf, titleOf } from './workloads/workload.js';

/** The exit code that a shell expects after Ctrl-C. */
const INTERRUPTED = 130;

/** Ends the command when a file cannot be written: before the measurement, whose results would be lost. */
async function requireWritable(path: string): Promise<void> {
  try {
    const file = await open(path, 'a');
    await file.close();
  } catch (error) {
    command.error(`error: --save ${path}: the file cannot be written (${(error as Error).message}).`);
  }
}

async function bench(options: BenchOptions): Promise<void> {
  if (options.save) await requireWritable(options.save);
  const allSeries = seriesOf(options);
  const competitors = competitorsOf(options.contenders, options.backends);
  const progress = createProgress(allSeries.length, process.stderr);
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());

  const date = new Date().toISOString();
  const machine = await describeNode(options.backends);
  for (const backend of options.backends) {
    const reason = backendNamed(backend).missingOn(machine);
    if (reason) command.error(`error: ${backend} cannot be measured here: ${reason}`);
  }
  (options.json ? process.stderr : process.stdout).write(`${machineLines(machine).join('\n')}\n\n`);
  const results = await runAll(
    { ceilingsOf: options.save ? options.backends : [], allSeries, competitors },
    {
      startWorker: () => startWorker(undefined, options.import),
      settle: () => untilIdle(options.timeScale),
      timeScale: options.timeScale,
      limitSeconds: options.limit,
      profile: options.kernels,
      signal: interruption.signal,
      onProgress: ({ stage }) => progress.stage(stage),
      onSeries: (index, series) => progress.series(index, titleOf(series)),
      onReports: (found, series) => {
        progress.hide();
        const lines = () => found.flatMap(({ results }) => results.map(jsonLine)).join('');
        process.stdout.write(options.json ? lines() : seriesTables(series, found));
      },
    },
  );
  if (options.save) await writeFile(options.save, writeRun({ date, machine, ...results }));
  progress.hide();
  if (!interruption.signal.aborted) return;
  process.stderr.write('interrupted; what was measured is above\n');
  process.exitCode = INTERRUPTED;
}

// A program that has read enough (such as head) closes the pipe; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// Wrong options end with 2, as in Sluice's other commands.
const command = createCommand(bench).exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
await command.parseAsync();
