import { MOST_WORK } from './chunks.js';
import type { Kernel } from './gpu-floats.js';
import { flatGroups } from './kernels/flat-grid.js';
import { elementwiseKernel } from './loop/elementwise.js';
import { hasWork, type Loop, waitingResults, waitingUniform } from './loop/loop.js';
import { withNarrowWeights } from './loop/narrow-weights.js';
import { heldBlocks, residentKernel } from './loop/resident.js';
import { stepwiseKernel, TILE_ROWS, TILE_UNITS } from './loop/stepwise.js';
import type { Recorder, Uniforms } from './recorder.js';
import { chooseStrategy, type LoopDevice, type Strategy, type StrategyName } from './strategy.js';
import type { Workspace } from './workspace.js';

/** Steps with dispatches of their own that are handed over at once: each takes up to a millisecond. */
const MOST_STEPS = 500;

/** What the weights that multiply states are rounded to. */
export type WeightType = 'float32' | 'float16';

/** A loop with the strategy by which a device goes through it, and its kernels. */
export interface ReadyLoop {
  readonly loop: Loop;
  /** Whether it has weights of 16 bits, in a buffer that is bound behind the others. */
  readonly narrow: boolean;
  readonly strategy: Strategy;
  /** One, or one for each stage that has work. */
  readonly kernels: readonly Kernel[];
  /** Multiplications of one thread at one step. */
  readonly workPerStep: number;
}

/** Prepares loops for a device; equal ones once. */
export class Loops {
  private readonly known = new WeakMap<Loop, Map<string, readonly Kernel[]>>();

  constructor(
    private readonly device: LoopDevice,
    private readonly wanted: StrategyName | undefined,
    private readonly weightType: WeightType,
  ) {}

  ready(given: Loop, units: number): ReadyLoop {
    const products = given.stages.flatMap((stage) => stage.products);
    const columns = products.reduce((sum, { results, depthBlocks }) => sum + results.length * depthBlocks, 0);
    const multiplications = columns * units * units;
    const narrow = this.weightType === 'float16' && multiplications > 0;
    const loop = narrow ? withNarrowWeights(given) : given;
    const sizes = { units, multiplications, heldBlocks: heldBlocks(loop) };
    const strategy = chooseStrategy(sizes, this.device, this.wanted);
    return {
      loop,
      narrow,
      strategy,
      kernels: this.kernelsOf(loop, strategy),
      workPerStep: workPerStep(strategy, units, columns),
    };
  }

  private kernelsOf(loop: Loop, strategy: Strategy): readonly Kernel[] {
    const byStrategy = this.known.get(loop) ?? new Map<string, readonly Kernel[]>();
    this.known.set(loop, byStrategy);
    const key = JSON.stringify(strategy);
    const kernels = byStrategy.get(key) ?? makeKernels(loop, strategy);
    byStrategy.set(key, kernels);
    return kernels;
  }
}

/** Besides products a step takes some hundred operations. A step that is dispatched by itself is over sooner. */
function workPerStep(strategy: Strategy, units: number, columns: number): number {
  if (strategy.kind === 'stepwise') return MOST_WORK / MOST_STEPS;
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

/** Sets places aside for what passes from stage to stage of a loop. */
export function placeWaitingResults(workspace: Workspace, { loop }: ReadyLoop, length: number): void {
  loop.stages.forEach((_, index) => {
    for (const name of waitingResults(loop, index)) workspace.reserve(waitingUniform(name), length);
  });
}

/** Records the steps `position` to `position + positions` of a loop. */
export function runLoop(
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
    strategy.kind === 'resident' ? ([Math.ceil(batch / strategy.rows)] as const) : flatGroups(batch * units);
  recorder.dispatch(kernels[0], buffers, { ...uniforms, position, positions }, groups);
}
