import { cells } from '@sluice/core';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BACKENDS, type BackendName, isBackendName } from '../backends.js';
import { USUAL_CONTENDERS } from '../contenders/catalogue.js';
import { CONTENDERS, type ContenderName } from '../run/results.js';
import { DEFAULT_CELLS, parseShape, type Shape, WORKLOADS, type Workload } from '../workloads/workload.js';

/** The command's options as commander gives them. */
export interface BenchOptions {
  readonly backends: readonly BackendName[];
  readonly contenders?: readonly ContenderName[];
  readonly peers?: readonly ContenderName[];
  readonly workloads: readonly Workload[];
  readonly cells: readonly string[];
  readonly shapes?: readonly Shape[];
  readonly limit: number;
  readonly kernels?: boolean;
  readonly json?: boolean;
  readonly save?: string;
  readonly timeScale: number;
}

const PEERS = USUAL_CONTENDERS.filter((name) => name !== 'sluice');
const CELLS = Object.keys(cells);

/** The command, which checks its options and then runs. */
export function createCommand(run: (options: BenchOptions) => Promise<void>): Command {
  const command = new Command('sluice-bench')
    .description(
      'Measures recurrent layers: Sluice, TensorFlow.js and onnxruntime-web, in alternation in one run.',
    )
    .action(async (options: BenchOptions) => {
      const profiled = options.workloads.includes('train') && contendersOf(options).includes('sluice');
      if (options.kernels && !profiled) {
        command.error(
          'error: --kernels is about the workload train of the contender sluice, and these options do not measure that.',
        );
      }
      await run(options);
    });
  for (const option of benchOptions()) command.addOption(option);
  return command;
}

function benchOptions(): Option[] {
  const option = (flags: string, description?: string) => new Option(flags, description);
  return [
    option('--backends <names>', BACKENDS.join(', '))
      .argParser(listOf(BACKENDS, isBackendName))
      .default(['wasm'], 'wasm'),
    option(
      '--import <module>',
      'a module that exports another backend, as for sluice-conformance; may be repeated',
    ),
    option(
      '--contenders <names>',
      `the libraries to measure: ${CONTENDERS.join(', ')} (default: all but sluice-engine)`,
    ).argParser(listOf(CONTENDERS)),
    option('--peers <names>', `the libraries to compare sluice with: ${PEERS.join(', ')} (default: all)`)
      .argParser(listOf(PEERS))
      .conflicts('contenders'),
    option('--workloads <names>', WORKLOADS.join(', '))
      .argParser(listOf(WORKLOADS))
      .default(WORKLOADS, 'all'),
    option('--cells <names>', CELLS.join(', '))
      .argParser(listOf(CELLS))
      .default(DEFAULT_CELLS, DEFAULT_CELLS.join(',')),
    option(
      '--shapes <B,T,I,H...>',
      'batch, timesteps, input size, units; one or several (default: each workload’s own)',
    ).argParser(shapes),
    option('--limit <seconds>', 'stop a contender that takes longer for setting up or for a call')
      .argParser(seconds)
      .default(30),
    option('--kernels', 'for train, also show the time of each kernel in a batch of sluice'),
    option('--json', 'print one JSON object per line and nothing else'),
    option('--save <file>', 'also measure the ceiling of each backend, and save all as JSON for the page'),
    // For tests, see `RunOptions`: with less time figures mean little.
    option('--time-scale <factor>').argParser(Number).default(1).hideHelp(),
  ];
}

/** The contenders that the options name; without a name, the default. */
export function contendersOf({ contenders, peers }: BenchOptions): readonly ContenderName[] {
  return contenders ?? (peers ? ['sluice', ...peers] : USUAL_CONTENDERS);
}

/** A parser of comma-separated names: the choices, or every name that `isKnown` accepts. */
function listOf(choices: readonly string[], isKnown = (name: string) => choices.includes(name)) {
  return (value: string): string[] => {
    const names = value
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const unknown = names.filter((name) => !isKnown(name));
    if (names.length === 0 || unknown.length > 0) {
      const given = unknown.length > 0 ? `There is no ${unknown.join(', ')}.` : 'No name is given.';
      throw new InvalidArgumentError(`${given} Choose from ${choices.join(', ')}, separated by commas.`);
    }
    return [...new Set(names)];
  };
}

/** Called for each value; `previous` holds the shapes before it. */
function shapes(value: string, previous: readonly Shape[] = []): Shape[] {
  const shape = parseShape(value);
  if (shape) return [...previous, shape];
  throw new InvalidArgumentError(
    `'${value}' is not a shape. Give four positive whole numbers: batch, timesteps, input size and units, such as 64,50,128,128.`,
  );
}

function seconds(value: string): number {
  const number = Number(value);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError(`'${value}' is not a positive number of seconds.`);
}
