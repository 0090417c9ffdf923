import type { Loop, LoopBuffer, LoopProduct, LoopScan, LoopStage, ParallelLoop } from '@sluice/core/backend';
import { MAX_NUMBERS, MAX_WORK } from './chunks.js';
import type { Kernel } from './kernel.js';
import { hasWork } from './loop/body.js';
import { elementwiseKernel, isElementwise } from './loop/elementwise.js';
import { parallelKernel, stageOfProgram, stageOfRows } from './loop/parallel.js';
import { Places } from './loop/places.js';
import { operandNumbers, residentKernel } from './loop/resident.js';
import { type ScanKernels, scanKernels } from './loop/scan.js';
import { stepwiseKernel } from './loop/stepwise.js';
import {
  chooseStrategy,
  type LoopDevice,
  type Strategy,
  type StrategyName,
  takesParallel,
} from './strategy.js';

/** Stepwise time steps in one submission; each takes up to a millisecond. */
const MAX_STEPS = 500;

/** The type that weights multiplying states are rounded to. */
export type WeightType = 'float32' | 'float16';

/** A kernel, and the width of its rows. */
export interface StageKernel {
  readonly kernel: Kernel;
  readonly width: number;
}

/** A loop with its strategy and kernels on a device. */
export interface ReadyLoop {
  readonly loop: Loop | ParallelLoop;
  readonly places: Places;
  /** Whether its weights have 16 bits, in a buffer of their own. */
  readonly usesFloat16: boolean;
  readonly strategy: Strategy;
  /** One kernel; for `stepwise`, one per stage that has work. */
  readonly body: readonly StageKernel[];
  /** The kernels of programs before and after the steps; null for a stage without a program. */
  readonly before: readonly (StageKernel | null)[];
  readonly after: readonly (StageKernel | null)[];
  /** Of a parallel loop: the kernels of operations on whole rows and of scans. */
  readonly rows: ReadonlyMap<LoopProduct, StageKernel>;
  readonly scans: ReadonlyMap<LoopScan, ScanKernels>;
  /** The numbers of a batch row for which a chunk has places at each step. */
  readonly numbersPerStep: number;
  /** Multiplications of one thread at one step. */
  readonly workPerStep: number;
}

/** The loops of a pass: one of steps, and one over all steps if its recurrences are linear. */
export interface PassLoops {
  readonly steps: Loop;
  readonly parallel: ParallelLoop | null;
}

/** All kernels of a loop. */
export const kernelsOf = ({ before, body, after, rows, scans }: ReadyLoop): Kernel[] => [
  ...[...before, ...body, ...after, ...rows.values()].flatMap((each) => each?.kernel ?? []),
  ...[...scans.values()].flatMap((kernels) => Object.values(kernels) as Kernel[]),
];

/** Chooses strategies and writes kernels for a device, once for each loop. */
export class Loops {
  private readonly known = new WeakMap<ParallelLoop, ReadyLoop>();

  constructor(
    private readonly device: LoopDevice,
    private readonly strategy: StrategyName | undefined,
    private readonly weightType: WeightType,
  ) {}

  /** The loop of a pass for sequences of a shape. */
  choose(loops: PassLoops, { batch, timesteps }: Readonly<Record<'batch' | 'timesteps', number>>): ReadyLoop {
    const [first, second] = this.candidates(loops);
    if (second === undefined) return first;
    const sizes = {
      threads: batch * Math.max(...loops.steps.body.map(({ width }) => width)),
      isElementwise: first.strategy.kind === 'elementwise',
      stepsAtOnce: Math.min(timesteps, MAX_NUMBERS / (batch * second.numbersPerStep)),
    };
    return takesParallel(sizes, this.device) ? second : first;
  }

  /** The loops of a pass from which `choose` chooses. */
  candidates({ steps, parallel }: PassLoops): ReadyLoop[] {
    const { strategy } = this;
    if (parallel === null || strategy === 'resident' || strategy === 'stepwise') return [this.ready(steps)];
    return strategy === 'parallel' ? [this.ready(parallel)] : [this.ready(steps), this.ready(parallel)];
  }

  ready(loop: Loop | ParallelLoop): ReadyLoop {
    const ready = this.known.get(loop) ?? this.write(loop);
    this.known.set(loop, ready);
    return ready;
  }

  private write(loop: Loop | ParallelLoop): ReadyLoop {
    return loop.body.length === 0 ? writeParallel(loop) : this.writeSteps(loop as Loop);
  }

  private writeSteps(loop: Loop): ReadyLoop {
    const products = loop.body.flatMap((stage) => stage.products);
    const usesFloat16 = this.weightType === 'float16' && products.length > 0;
    const places = new Places(loop, usesFloat16);
    const units = Math.max(...places.body.map(({ width }) => width));
    const multiplications = places.products.reduce(
      (sum, { left, result }) => sum + left.width * result.width,
      0,
    );
    const sizes = {
      units,
      isElementwise: isElementwise(places),
      multiplications,
      operandNumbers: operandNumbers(places),
      depths: places.products.map(({ left }) => left.width),
    };
    const requested = this.strategy === 'parallel' ? undefined : this.strategy;
    const strategy = chooseStrategy(sizes, this.device, requested);
    return {
      loop,
      places,
      usesFloat16,
      strategy,
      body: bodyKernels(places, strategy).map(withSuffix(usesFloat16)),
      ...stageKernels(loop, (stage) => elementwiseKernel(places, stage)),
      rows: new Map(),
      scans: new Map(),
      numbersPerStep: numbersOf(loop, 'scratch', 'steps'),
      workPerStep: workPerStep(strategy, units, multiplications / units),
    };
  }
}

/** The program of a stage, and the width of its rows. */
type StageProgram = Pick<LoopStage, 'width' | 'program'>;

/** The kernels of the programs before and after the steps. */
function stageKernels(
  loop: ParallelLoop,
  write: (stage: StageProgram) => Kernel,
): Pick<ReadyLoop, 'before' | 'after'> {
  const kernels = (stages: readonly StageProgram[]) =>
    stages.map((stage) =>
      stage.program.stores.length === 0 ? null : { kernel: write(stage), width: stage.width },
    );
  return { before: kernels(loop.before), after: kernels(loop.after) };
}

function writeParallel(loop: ParallelLoop): ReadyLoop {
  const places = new Places(loop, false);
  const products = [...loop.before, ...loop.after].flatMap((stage) => stage.products);
  const rows = products.flatMap((product) => {
    if (product.kind !== 'row') return [];
    const stage = stageOfRows(product);
    return [[product, { kernel: parallelKernel(places, stage), width: stage.width }] as const];
  });
  const scans = products.flatMap((product) =>
    product.kind === 'scan' ? [[product, scanKernels(places, product)] as const] : [],
  );
  return {
    loop,
    places,
    usesFloat16: false,
    strategy: { kind: 'parallel' },
    body: [],
    ...stageKernels(loop, (stage) => parallelKernel(places, stageOfProgram(stage))),
    rows: new Map(rows),
    scans: new Map(scans),
    // Whether or not the caller keeps what is saved, so that both have the same bits.
    numbersPerStep: Math.max(
      numbersOf(loop, 'scratch', 'steps', 'states'),
      numbersOf(loop, 'saved', 'steps', 'states'),
    ),
    workPerStep: 1,
  };
}

/** The numbers of a row in all buffers of a kind. */
const numbersOf = (
  { buffers }: ParallelLoop,
  life: LoopBuffer['life'],
  ...kinds: readonly LoopBuffer['rows'][]
): number =>
  buffers.reduce(
    (sum, { life: other, rows, width }) => (other === life && kinds.includes(rows) ? sum + width : sum),
    0,
  );

const withSuffix =
  (usesFloat16: boolean) =>
  ({ kernel, width }: StageKernel): StageKernel => ({
    kernel: usesFloat16 ? { ...kernel, name: `${kernel.name}, 16-bit weights` } : kernel,
    width,
  });

/** Multiplications per thread and step, plus 100 for all else. For `stepwise`, as few as allow MAX_STEPS steps. */
function workPerStep(strategy: Strategy, units: number, multiplicationsPerUnit: number): number {
  if (strategy.kind === 'stepwise') return MAX_WORK / MAX_STEPS;
  if (strategy.kind !== 'resident') return 100;
  const { rows, threads, quads } = strategy;
  const sharers = quads === 'unit' ? 4 : 1;
  return Math.ceil((units * sharers) / threads) * (rows / sharers) * (multiplicationsPerUnit + 100);
}

function bodyKernels(places: Places, strategy: Strategy): StageKernel[] {
  const { body } = places;
  switch (strategy.kind) {
    case 'parallel':
      return [];
    case 'elementwise':
      return body.map((stage) => ({ kernel: elementwiseKernel(places, stage), width: stage.width }));
    case 'resident':
      return [{ kernel: residentKernel(places, strategy), width: 1 }];
    case 'stepwise':
      return body.flatMap((stage, index) =>
        hasWork(stage) ? [{ kernel: stepwiseKernel(places, index), width: stage.width }] : [],
      );
  }
}
