import { FormatError } from '@sluice/formats';
import { formatNames } from '@sluice/formats/write';
import { Command, CommanderError, Option } from 'commander';
import type { QuantizedFlags } from './commands/check-quantized.js';
import type { CompileFlags } from './commands/compile.js';
import { type ReadFlags, toAssumed } from './read-file.js';
import { type Terminal, UsageError } from './terminal.js';

/** The exit status that a shell expects after Ctrl-C. */
const INTERRUPTED = 130;

/**
 * Runs the command with its arguments. Without arguments it prints its help.
 * @returns the exit status: 0, 1 after an error or a difference, 2 for wrong options, 130 after Ctrl-C.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0;
  const program = commands(terminal, (result) => {
    status = result;
  });
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (terminal.signal.aborted) return INTERRUPTED;
    if (!(error instanceof FormatError || error instanceof UsageError)) throw error;
    terminal.error.write(`error: ${error.message}\n`);
    return 1;
  }
}

const assumeOption = () =>
  new Option(
    '--assume <option=value...>',
    'what weights alone do not say: nonlinearity=relu, bidirectional=true, highway=false, activation=tanh, normalizeAfter=true',
  );

type CheckFlags = ReadFlags & { against?: string; tolerance?: number } & Partial<QuantizedFlags>;

/** What `check` does without `--quantize`, or with it. */
async function checkBy(file: string, flags: CheckFlags, terminal: Terminal): Promise<number> {
  const { quantize, data, ...rest } = flags;
  if (quantize === undefined) {
    const given = (['data', 'threshold', 'size', 'input'] as const).find((name) => flags[name] !== undefined);
    if (given !== undefined) throw new UsageError(`--${given} needs --quantize float16|int8.`);
    const { check } = await import('./commands/check.js');
    return check(file, { ...rest, assumed: toAssumed(flags) }, terminal);
  }
  if (data === undefined) throw new UsageError('--quantize needs --data FILE, a .npz of frames.');
  const other = (['against', 'assume'] as const).find((name) => flags[name] !== undefined);
  if (other !== undefined) throw new UsageError(`--${other} is not for --quantize.`);
  const { checkQuantized } = await import('./commands/check-quantized.js');
  return checkQuantized(file, { ...rest, quantize, data }, terminal);
}

/** Each command loads its module when it runs, so that help and errors in options appear at once. */
function commands(terminal: Terminal, finished: (status: number) => void): Command {
  const program = new Command('sluice')
    .description('Looks into files with recurrent models, converts them and checks their numbers.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.error.write(text),
    });
  program
    .command('inspect')
    .description('show the layers of a file: cells, shapes, parameters, equations')
    .argument('<file>', 'a path or URL')
    .option('--json', 'print one JSON object, nothing else')
    .addOption(assumeOption())
    .action(async (file: string, flags: ReadFlags & { json?: boolean }) => {
      const { inspect } = await import('./commands/inspect.js');
      finished(await inspect(file, { ...flags, assumed: toAssumed(flags) }, terminal));
    });
  program
    .command('convert')
    .description('write a model in another format')
    .argument('<in>', 'a path or URL')
    .argument('<out>', 'the path to write; its ending names the format')
    .addOption(new Option('--to <format>', 'the format, if the ending does not tell').choices(formatNames))
    .addOption(new Option('--quantize <type>', 'store weights in fewer bits').choices(['float16', 'int8']))
    .option('--force', 'replace files that exist')
    .addOption(assumeOption())
    .action(async (input: string, output: string, flags: ReadFlags & object) => {
      const { convert } = await import('./commands/convert.js');
      finished(await convert(input, output, { ...flags, assumed: toAssumed(flags) }, terminal));
    });
  program
    .command('check')
    .description('run the recurrent layers of a file on every engine here, and compare with float64')
    .argument('<file>', 'a path or URL')
    .option(
      '--against <file>',
      'another file of the same model, or a .npz of inputs and outputs to compare with',
    )
    .option('--tolerance <difference>', 'the largest difference that is allowed (default: 1e-5)', Number)
    .addOption(
      new Option('--quantize <type>', 'compare a network with weights in fewer bits with float32').choices([
        'float16',
        'int8',
      ]),
    )
    .option('--data <file>', 'a .npz of frames for --quantize')
    .option('--threshold <number>', 'where outputs decide, for --quantize (default: 0.5)', Number)
    .option('--size <name=number...>', 'sizes of free axes, for --quantize')
    .option('--input <name=number...>', 'inputs that are the same for all frames, for --quantize')
    .addOption(assumeOption())
    .action(async (file: string, flags: CheckFlags) => {
      finished(await checkBy(file, flags, terminal));
    });
  program
    .command('compile')
    .description('write a model as a WebAssembly module with a small program that runs it, frame by frame')
    .argument('<file>', 'a path or URL: ONNX, or a whole model of Keras or TensorFlow.js')
    .requiredOption('--out <folder>', 'where to write NAME.wasm, NAME.js and NAME.d.ts')
    .option('--name <name>', 'of the files, and of the variable of --iife (default: that of FILE)')
    .addOption(
      new Option('--weights <place>', 'in the module, or in NAME.weights').choices(['inside', 'beside']),
    )
    .addOption(new Option('--quantize <type>', 'store weights in fewer bits').choices(['float16', 'int8']))
    .option('--iife', 'write a script for a page instead of a module to import')
    .option('--size <name=number...>', 'sizes of free axes: sequence=576')
    .option('--input <name=number...>', 'inputs that are the same for all frames: sr=16000')
    .option('--force', 'replace files that exist')
    .action(async (file: string, flags: CompileFlags) => {
      const { compile } = await import('./commands/compile.js');
      finished(await compile(file, flags, terminal));
    });
  return program;
}
