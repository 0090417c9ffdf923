import { cells } from '@sluice/core';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BACKENDS, type BackendName, isBackendName } from '../backends.js';
import { USUAL_CONTENDERS } from '../contenders/catalogue.js';
import { CONTENDERS, type ContenderName } from '../run/results.js';
import { DEFAULT_CELLS, parseShape, type Shape, WORKLOADS, type Workload } from '../workloads/workload.js';
import { importBackends } from './import-backends.js';
import { listOf } from './names.js';

/** The command's options. */
export interface BenchOptions {
  readonly backends: readonly BackendName[];
  readonly import?: readonly string[];
  readonly contenders: readonly ContenderName[];
  readonly workloads: readonly Workload[];
  readonly cells: readonly string[];
  readonly shapes?: readonly Shape[];
  readonly limit: number;
  readonly kernels?: boolean;
  readonly json?: boolean;
  readonly save?: string;
  readonly timeScale: number;
}

type Defaulted = 'contenders' | 'workloads' | 'cells';
/** The options as commander gives them. */
type GivenOptions = Omit<BenchOptions, Defaulted | 'backends'> &
  Partial<Pick<BenchOptions, Defaulted>> & {
    /** Checked after `import`, which adds backends. */
    readonly backends: string;
    readonly peers?: readonly ContenderName[];
  };

const PEERS = USUAL_CONTENDERS.filter((name) => name !== 'sluice');
const CELLS = Object.keys(cells);

// For tests, see `RunOptions`: with less time figures mean little.
const TIME_SCALE = new Option('--time-scale <factor>').argParser(Number).default(1).hideHelp();

const KERNELS_OF_TRAIN =
  'error: --kernels is about the workload train of the contender sluice, and these options do not measure that.';

/** The command, which checks its options, imports backends and then runs. */
export function createCommand(run: (options: BenchOptions) => Promise<void>): Command {
  return new Command('sluice-bench')
    .description(
      'Measures recurrent layers: Sluice, TensorFlow.js and onnxruntime-web, in alternation in one run.',
    )
    .option('--backends <names>', BACKENDS.join(', '), 'wasm')
    .option(
      '--import <module>',
      'a module that exports another backend, as for sluice-conformance; may be repeated',
      (module, others: readonly string[] = []) => [...others, module],
    )
    .option(
      '--contenders <names>',
      `the libraries to measure: ${CONTENDERS.join(', ')} (default: ${USUAL_CONTENDERS.join(', ')})`,
      listOf(CONTENDERS),
    )
    .addOption(
      new Option(
        '--peers <names>',
        `the libraries to compare sluice with: ${PEERS.join(', ')} (default: all)`,
      )
        .argParser(listOf(PEERS))
        .conflicts('contenders'),
    )
    .option('--workloads <names>', `${WORKLOADS.join(', ')} (default: all)`, listOf(WORKLOADS))
    .option('--cells <names>', `${CELLS.join(', ')} (default: ${DEFAULT_CELLS})`, cellNames)
    .option(
      '--shapes <B,T,I,H...>',
      'batch, timesteps, input size, units; one or several (default: each workload’s own)',
      shapes,
    )
    .option(
      '--limit <seconds>',
      'stop a contender that takes longer for setting up or for a call',
      seconds,
      30,
    )
    .option('--kernels', 'for train, also show the time of each kernel in a batch of sluice')
    .option('--json', 'print one JSON object per line and nothing else')
    .option('--save <file>', 'also measure the ceiling of each backend, and save all as JSON for the page')
    .addOption(TIME_SCALE)
    .action(async ({ backends, peers, ...given }: GivenOptions, command: Command) => {
      const options = {
        contenders: peers ? ['sluice' as const, ...peers] : USUAL_CONTENDERS,
        workloads: WORKLOADS,
        cells: DEFAULT_CELLS,
        ...given,
      };
      const profiled = options.workloads.includes('train') && options.contenders.includes('sluice');
      if (options.kernels && !profiled) command.error(KERNELS_OF_TRAIN);
      const chosen = await importBackends(given.import)
        .then(() => listOf(BACKENDS, isBackendName)(backends))
        .catch((error: Error) => command.error(`error: --backends or --import is invalid. ${error.message}`));
      await run({ ...options, backends: chosen });
    });
}

/** The names of cells. Those of sluice-classify, such as `simple-rnn`, are known too. */
const cellNames = (value: string): string[] =>
  listOf(CELLS)(value.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()));

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
