import { Command, CommanderError, Option } from 'commander';
import type { CompareFlags } from './commands/cell-runs.js';
import type { EvaluateFlags } from './commands/evaluate.js';
import type { ExportTrainerFlags } from './commands/export-trainer.js';
import type { ImportTrainedFlags } from './commands/import-trained.js';
import {
  addBackendOptions,
  addReadingOptions,
  addSettingOptions,
  addTrainingOptions,
  cellName,
  cellNameList,
  path,
} from './commands/options.js';
import type { PredictFlags } from './commands/predict.js';
import type { TrainFlags } from './commands/train.js';
import { InputError } from './failure.js';
import { cellNames } from './model/settings.js';
import { escapingStreams, noticeTo, type Streams, type Terminal } from './terminal/streams.js';

/**
 * Runs the command with its arguments. Without arguments it prints its help.
 *
 * @returns the exit status: 0, 1 after an error on standard error, 2 for wrong options, 130 after Ctrl-C.
 * @throws defects of the program.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0;
  const streams = escapingStreams(terminal);
  const program = commands({ ...streams, input: terminal.input }, (result) => {
    status = result;
  });
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    // Commander has printed its message. Its exit code after --help is 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof InputError) && !isMissingWorkingFolder(error)) throw error;
    noticeTo(streams)(
      error instanceof InputError
        ? `error: ${error.message}`
        : 'error: the working directory has been deleted. Change to one that exists and start again.',
    );
    if (error instanceof InputError) error.lines.forEach(noticeTo(streams));
    return 1;
  }
}

/** Whether the working directory does not exist, from which relative paths start. */
function isMissingWorkingFolder(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd';
}

/** The subcommands. Each loads its module when it runs, so that help and errors in options appear at once. */
function commands(streams: Streams & Pick<Terminal, 'input'>, finished: (status: number) => void): Command {
  const program = new Command('sluice-classify')
    .description('Text classification with gated recurrent networks.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.output.write(text),
      writeErr: (text) => streams.error.write(text),
    });

  addTrainingOptions(
    program
      .command('train')
      .description(
        'train a model; without --data, to recognize twelve languages by their names of countries, currencies and scripts',
      )
      .addOption(cellOption())
      .addOption(
        new Option('--cell-file <path>', 'a file with the equations of a cell; .tex is LaTeX')
          .argParser(path)
          .conflicts('cell'),
      )
      .option('--out <folder>', 'keep checkpoints and the model in this folder', path),
  ).action(async (flags: TrainFlags) => {
    const { train } = await import('./commands/train.js');
    finished(await train(flags, streams));
  });

  addTrainingOptions(
    program
      .command('compare')
      .description('train a model with each cell on the same data and report on all of them')
      .requiredOption(
        '--cells <names>',
        `recurrent cells, separated by commas: ${cellNames.join(', ')}`,
        cellNameList,
      )
      .option('--out <folder>', 'keep the report and the models in this folder', path, 'comparison'),
  ).action(async (flags: CompareFlags) => {
    const { compare } = await import('./commands/compare.js');
    finished(await compare(flags, streams));
  });

  const evaluateCommand = program
    .command('evaluate')
    .description('test a saved model with labelled data')
    .requiredOption('--model <folder>', 'folder of the saved model', path)
    .requiredOption('--data <path>', 'labelled data, in any format that train reads', path);
  addBackendOptions(addReadingOptions(evaluateCommand)).action(async (flags: EvaluateFlags) => {
    const { evaluate } = await import('./commands/evaluate.js');
    finished(await evaluate(flags, streams));
  });

  const predictCommand = program
    .command('predict')
    .description('print class, probability and text, separated by tabs')
    .argument(
      '[texts...]',
      'texts to classify (default: the lines of standard input that are not blank, each answered as it arrives)',
    )
    .requiredOption('--model <folder>', 'folder of the saved model', path);
  addBackendOptions(predictCommand).action(async (texts: string[], flags: PredictFlags) => {
    const { predict } = await import('./commands/predict.js');
    finished(await predict(texts, flags, streams));
  });

  program
    .command('inspect')
    .description('show equations, plan and parameters of a saved model')
    .requiredOption('--model <folder>', 'folder of the saved model', path)
    .action(async (flags: { model: string }) => {
      const { inspect } = await import('./commands/inspect.js');
      finished(await inspect(flags, streams));
    });

  addSettingOptions(
    program
      .command('export-trainer')
      .description('write a folder with which PyTorch trains the model, on one machine or on many')
      .addOption(cellOption())
      .requiredOption('--out <folder>', 'a new folder for data, weights and training script', path),
  ).action(async (flags: ExportTrainerFlags) => {
    const { exportTrainerTo } = await import('./commands/export-trainer.js');
    finished(await exportTrainerTo(flags, streams));
  });

  program
    .command('import-trained')
    .description('make a model of what PyTorch trained in a folder of export-trainer')
    .argument('<folder>', 'the folder of export-trainer', path)
    .requiredOption('--out <folder>', 'keep the model in this folder', path)
    .action(async (folder: string, flags: ImportTrainedFlags) => {
      const { importTrainedFrom } = await import('./commands/import-trained.js');
      finished(await importTrainedFrom(folder, flags, streams));
    });

  return program;
}

const cellOption = (): Option =>
  new Option('--cell <name>', 'recurrent cell (default: gru)').choices(cellNames).argParser(cellName);
