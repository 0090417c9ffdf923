#!/usr/bin/env node
import { Command } from 'commander';
import { competitorsOf } from './contenders/catalogue.js';
import { startThread } from './lanes/thread.js';
import { describeMachine } from './machine.js';
import { type BenchOptions, benchOptions, contendersOf } from './options.js';
import { jsonLine } from './report/json-lines.js';
import { createProgress } from './report/progress.js';
import { taskTable } from './report/table.js';
import { runTask } from './run-task.js';
import { tasksOf, titleOf } from './workloads/workload.js';

/** What a shell expects of a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

async function bench(options: BenchOptions): Promise<void> {
  const tasks = tasksOf(options);
  const competitors = competitorsOf(contendersOf(options), options.backends);
  const progress = createProgress(tasks.length, process.stderr);
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());

  (options.json ? process.stderr : process.stdout).write(`${describeMachine()}\n`);
  for (const [index, task] of tasks.entries()) {
    progress.task(index, titleOf(task));
    const report = await runTask(task, competitors, {
      startLane: () => startThread(),
      limitSeconds: options.limit,
      signal: interruption.signal,
      onStage: progress.stage,
    });
    progress.pause();
    if (options.json) for (const result of report.results) process.stdout.write(jsonLine(result));
    else if (report.results.length > 0) process.stdout.write(`${taskTable(report)}\n`);
    if (interruption.signal.aborted) break;
  }
  progress.end();
  if (!interruption.signal.aborted) return;
  process.stderr.write('interrupted; what was measured is above\n');
  process.exitCode = INTERRUPTED;
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
