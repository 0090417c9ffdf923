#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Presets, SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { suiteNames } from '../list-cases.js';
import { isNonconforming, reportJson, reportText } from '../report.js';
import type { Level, Tier } from '../selection.js';
import { version } from '../version.js';
import { junitXml } from './junit.js';
import { runInWorkers } from './run-in-workers.js';

interface Options {
  readonly suite?: readonly string[];
  readonly cell?: readonly string[];
  readonly case?: readonly string[];
  readonly level: Level;
  readonly tier: Tier;
  readonly seed: number;
  readonly workers: number;
  readonly limit: number;
  readonly json?: boolean;
  readonly junit?: string;
}

/** The exit code that a shell expects after Ctrl-C. */
const INTERRUPTED = 130;

const command = new Command('sluice-conformance')
  .description(
    'Tests whether a backend computes what core’s float64 reference computes, and prints a report.',
  )
  .version(version)
  .argument(
    '<module>',
    'a JavaScript module whose default export is { name, create } or a function that creates the backend',
  )
  .option('--suite <names...>', `only these suites: ${suiteNames.join(', ')}`)
  .option('--cell <names...>', 'only the cases with these cells, such as gru')
  .option('--case <ids...>', 'only these cases; a report has the ids')
  .addOption(
    new Option('--level <level>', 'inference: a backend without gradients')
      .choices(['inference', 'training'])
      .default('training'),
  )
  .addOption(
    new Option('--tier <tier>', 'quick: a third of the time, with one shape in six for each cell')
      .choices(['quick', 'full'])
      .default('full'),
  )
  .addOption(
    new Option('--seed <number>', 'changes every random number').argParser(wholeNumber(0)).default(0),
  )
  .addOption(
    new Option('--workers <count>', 'threads, each with its own instance of the backend')
      .argParser(wholeNumber(1))
      .default(availableParallelism(), 'one for each core'),
  )
  .addOption(
    new Option('--limit <seconds>', 'a case that takes longer fails').argParser(wholeNumber(1)).default(60),
  )
  .option('--json', 'print the report as JSON and nothing else')
  .option('--junit <file>', 'also write a JUnit report')
  .addHelpText(
    'after',
    `
Exit status: 0 when no case failed, 1 when one failed or the tolerances are too wide, 2 after an error, 130 after Ctrl-C.
Example: sluice-conformance ./my-backend.js --suite agreement --cell gru lstm`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(run);

async function run(file: string, options: Options): Promise<void> {
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  const progress = showProgress(process.stderr);
  const finished = await runInWorkers({
    file,
    selection: { tier: options.tier, level: options.level, cells: 'all' },
    names: { suites: options.suite, cells: options.cell, ids: options.case },
    seed: options.seed,
    workers: options.workers,
    limitSeconds: options.limit,
    signal: interruption.signal,
    onCase: progress.show,
  }).finally(progress.end);
  const { report } = finished;
  process.stdout.write(`${options.json ? reportJson(report) : reportText(report)}\n`);
  if (options.junit) await writeJunit(options.junit, junitXml(finished));
  if (finished.endFailure !== undefined) throw new Error(finished.endFailure);
  if (interruption.signal.aborted) process.exitCode = INTERRUPTED;
  else if (isNonconforming(report) || report.notRun > 0) process.exitCode = 1;
}

/** @throws Error naming the option when the file cannot be written. */
async function writeJunit(path: string, xml: string): Promise<void> {
  await writeFile(path, xml).catch((error: Error) => {
    throw new Error(`--junit ${path}: the file cannot be written (${error.message}).`);
  });
}

/** A bar on a terminal; elsewhere nothing. */
function showProgress(stream: NodeJS.WriteStream) {
  let bar: SingleBar | undefined;
  return {
    show(done: number, total: number) {
      if (!stream.isTTY) return;
      if (bar === undefined) {
        const format = '{bar} {value}/{total} cases  {eta_formatted} left';
        bar = new SingleBar({ format, stream, clearOnComplete: true }, Presets.shades_classic);
        bar.start(total, done);
      }
      bar.update(done);
    },
    end: () => bar?.stop(),
  };
}

/** Parses a whole number of at least `least`. */
function wholeNumber(least: number) {
  return (text: string): number => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}

try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(`error: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
