import { MAX_WORK } from './chunks.js';
import { countFlatGroups, type Kernel } from './kernel.js';
import type { Workspace } from './layout.js';
import { elementwiseKernel } from './loop/elementwise.js';
import { hasWork, type Loop, waitingResults, waitingUniform } from './loop/loop.js';
import { withFloat16Weights } from './loop/plan-loops.js';
import { operandBlocks, residentKernel } from './loop/resident.js';
import { stepwiseKernel, TILE_ROWS, TILE_UNITS } from './loop/stepwise.js';
import type { Recorder, Uniforms } from './recorder.js';
import { chooseStrategy, type LoopDevice, type Strategy, type StrategyName } from './strategy.js';

/** Stepwise time steps in one submission; each takes up to a millisecond. */
const MAX_STEPS = 500;

/** The type that weights multiplying states are rounded to. */
export type WeightType = 'float32' | 'float16';

/** A loop with its strategy and kernels on a device. */
export interface ReadyLoop {
  readonly loop: Loop;
  /** Whether its weights have 16 bits, in a buffer that is bound after the others. */
  readonly usesFloat16: boolean;
  readonly strategy: Strategy;
  /** One kernel; for `stepwise`, one per stage that has work. */
  readonly kernels: readonly Kernel[];
  /** Multiplications of one thread at one step. */
  readonly workPerStep: number;
}

/** Chooses strategies and writes kernels for a device, once for each loop. */
export class Loops {
  private readonly kernels = new WeakMap<Loop, Map<string, readonly Kernel[]>>();

  constructor(
    private readonly device: LoopDevice,
    private readonly strategy: StrategyName | undefined,
    private readonly weightType: WeightType,
  ) {}

  ready(planLoop: Loop, units: number): ReadyLoop {
    const products = planLoop.stages.flatMap((stage) => stage.products);
    const columns = products.reduce((sum, { results, depthBlocks }) => sum + results.length * depthBlocks, 0);
    const multiplications = columns * units * units;
    const usesFloat16 = this.weightType === 'float16' && multiplications > 0;
    const loop = usesFloat16 ? withFloat16Weights(planLoop) : planLoop;
    const sizes = { units, multiplications, operandBlocks: operandBlocks(loop) };
    const strategy = chooseStrategy(sizes, this.device, this.strategy);
    return {
      loop,
      usesFloat16,
      strategy,
      kernels: this.kernelsOf(loop, strategy),
      workPerStep: workPerStep(strategy, units, columns),
    };
  }

  private kernelsOf(loop: Loop, strategy: Strategy): readonly Kernel[] {
    const byStrategy = this.kernels.get(loop) ?? new Map<string, readonly Kernel[]>();
    this.kernels.set(loop, byStrategy);
    const key = JSON.stringify(strategy);
    const kernels = byStrategy.get(key) ?? makeKernels(loop, strategy);
    byStrategy.set(key, kernels);
    return kernels;
  }
}

/** Multiplications per thread and step, plus 100 for all else. For `stepwise`, as few as allow MAX_STEPS steps. */
function workPerStep(strategy: Strategy, units: number, columns: number): number {
  if (strategy.kind === 'stepwise') return MAX_WORK / MAX_STEPS;
  if (strategy.kind === 'elementwise') return columns * units + 100;
  const { rows, threads, quads } = strategy;
  const sharers = quads === 'unit' ? 4 : 1;
  return Math.ceil((units * sharers) / threads) * (rows / sharers) * (columns * units + 100);
}

function makeKernels(loop: Loop, strategy: Strategy): readonly Kernel[] {
  switch (strategy.kind) {
    case 'elementwise':
      return [elementwiseKernel(loop)];
    case 'resident':
      return [residentKernel(loop, strategy)];
    case 'stepwise':
      return loop.stages.flatMap((stage, index) => (hasWork(stage) ? [stepwiseKernel(loop, index)] : []));
  }
}

/** Reserves places for results that pass from one stage of a loop to a later one. */
export function reserveWaitingResults(workspace: Workspace, { loop }: ReadyLoop, length: number): void {
  loop.stages.forEach((_, index) => {
    for (const name of waitingResults(loop, index)) workspace.reserve(waitingUniform(name), length);
  });
}

/** Records the steps from `position` to before `position + positions` of a loop. */
export function recordLoop(
  recorder: Recorder,
  { kernels, strategy }: ReadyLoop,
  buffers: readonly GPUBuffer[],
  uniforms: Uniforms & { readonly batch: number; readonly units: number },
  { position, positions }: { readonly position: number; readonly positions: number },
): void {
  const { batch, units } = uniforms;
  if (strategy.kind === 'stepwise') {
    const groups = [Math.ceil(units / TILE_UNITS), Math.ceil(batch / TILE_ROWS)] as const;
    for (let i = 0; i < positions; i++) {
      for (const kernel of kernels) {
        recorder.dispatch(kernel, buffers, { ...uniforms, position: position + i }, groups);
      }
    }
    return;
  }
  const groups =
    strategy.kind === 'resident'
      ? ([Math.ceil(batch / strategy.rows)] as const)
      : countFlatGroups(batch * units);
  recorder.dispatch(kernels[0], buffers, { ...uniforms, position, positions }, groups);
}
