import { cells } from '@sluice/core';
import { InvalidArgumentError, Option } from 'commander';
import { type BackendName, isBackendName } from '../backends.js';
import { CONTENDERS, type ContenderName, USUAL_CONTENDERS } from '../contenders/catalogue.js';
import { DEFAULT_CELLS, type Shape, WORKLOADS, type Workload } from '../workloads/workload.js';

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

/** The backends to choose from, in words. */
const BACKENDS = ['cpu', 'wasm', 'wasm-N (N threads)', 'webgpu'];

const PEERS = USUAL_CONTENDERS.filter((name) => name !== 'sluice');

/** The options, for commander. */
export function benchOptions(): Option[] {
  return [
    new Option('--backends <names>', BACKENDS.join(', '))
      .argParser(listOf<BackendName>(BACKENDS, isBackendName))
      .default(['wasm'], 'wasm'),
    new Option(
      '--contenders <names>',
      `who is measured: ${CONTENDERS.join(', ')} (default: all but sluice-engine)`,
    ).argParser(listOf(CONTENDERS)),
    new Option('--peers <names>', `whom sluice is compared with: ${PEERS.join(', ')} (default: all)`)
      .argParser(listOf(PEERS))
      .conflicts('contenders'),
    new Option('--workloads <names>', WORKLOADS.join(', '))
      .argParser(listOf(WORKLOADS))
      .default(WORKLOADS, 'all'),
    new Option('--cells <names>', Object.keys(cells).join(', '))
      .argParser(listOf(Object.keys(cells)))
      .default(DEFAULT_CELLS, DEFAULT_CELLS.join(',')),
    new Option(
      '--shapes <B,T,I,H...>',
      'batch, timesteps, input size, units; one or several (default: each workload’s own)',
    ).argParser(shapes),
    new Option('--limit <seconds>', 'stop a contender that takes longer for setting up or for a call')
      .argParser(seconds)
      .default(30),
    new Option('--kernels', 'for train, also say where the time of a batch of sluice goes, kernel by kernel'),
    new Option('--json', 'print one JSON object per line and nothing else'),
    new Option(
      '--save <file>',
      'also measure what each backend can reach, and save all as JSON for the page',
    ),
    // For tests, see `RunOptions`: with less time figures mean little.
    new Option('--time-scale <factor>').argParser(Number).default(1).hideHelp(),
  ];
}

/** The contenders that the options name: the usual ones unless told otherwise. */
export function contendersOf({ contenders, peers }: BenchOptions): readonly ContenderName[] {
  return contenders ?? (peers ? ['sluice', ...peers] : USUAL_CONTENDERS);
}

/** What is wrong with options that are right each by itself. */
export function contradictionIn(options: BenchOptions): string | undefined {
  const profiled = options.workloads.includes('train') && contendersOf(options).includes('sluice');
  if (options.kernels && !profiled) {
    return '--kernels is about the workload train of the contender sluice, and that is not measured with these options.';
  }
  return undefined;
}

/** A parser of comma-separated names: of the choices, or of those that a test accepts. */
function listOf<Name extends string>(
  choices: readonly string[],
  isKnown = (name: string): name is Name => choices.includes(name),
): (value: string) => Name[] {
  return (value) => {
    const names = value
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const unknown = names.filter((name) => !isKnown(name));
    if (names.length === 0 || unknown.length > 0) {
      const given = unknown.length > 0 ? `There is no ${unknown.join(', ')}.` : 'No name is given.';
      throw new InvalidArgumentError(`${given} Choose from ${choices.join(', ')}, separated by commas.`);
    }
    return [...new Set(names)] as Name[];
  };
}

/** Called for each value; `previous` holds the shapes before it. */
function shapes(value: string, previous: readonly Shape[] = []): Shape[] {
  const sizes = value.split(',').map(Number);
  if (sizes.length === 4 && sizes.every((size) => Number.isInteger(size) && size > 0)) {
    return [...previous, sizes as unknown as Shape];
  }
  throw new InvalidArgumentError(
    `'${value}' is not a shape. Give four positive whole numbers: batch, timesteps, input size and units, such as 64,50,128,128.`,
  );
}

function seconds(value: string): number {
  const number = Number(value);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError(`'${value}' is not a positive number of seconds.`);
}
