import type { Loop, LoopStage } from '@sluice/core/backend';
import { MAX_WORK } from './chunks.js';
import type { Kernel } from './kernel.js';
import { hasWork } from './loop/body.js';
import { elementwiseKernel, isElementwise } from './loop/elementwise.js';
import { Places } from './loop/places.js';
import { operandNumbers, residentKernel } from './loop/resident.js';
import { stepwiseKernel } from './loop/stepwise.js';
import { chooseStrategy, type LoopDevice, type Strategy, type StrategyName } from './strategy.js';

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
  readonly loop: Loop;
  readonly places: Places;
  /** Whether its weights have 16 bits, in a buffer of their own. */
  readonly usesFloat16: boolean;
  readonly strategy: Strategy;
  /** One kernel; for `stepwise`, one per stage that has work. */
  readonly body: readonly StageKernel[];
  /** The kernels of programs before and after the steps; null for a stage without a program. */
  readonly before: readonly (StageKernel | null)[];
  readonly after: readonly (StageKernel | null)[];
  /** Multiplications of one thread at one step. */
  readonly workPerStep: number;
}

/** All kernels of a loop. */
export const kernelsOf = ({ before, body, after }: ReadyLoop): Kernel[] =>
  [...before, ...body, ...after].flatMap((each) => each?.kernel ?? []);

/** Chooses strategies and writes kernels for a device, once for each loop. */
export class Loops {
  private readonly known = new WeakMap<Loop, ReadyLoop>();

  constructor(
    private readonly device: LoopDevice,
    private readonly strategy: StrategyName | undefined,
    private readonly weightType: WeightType,
  ) {}

  ready(loop: Loop): ReadyLoop {
    const ready = this.known.get(loop) ?? this.write(loop);
    this.known.set(loop, ready);
    return ready;
  }

  private write(loop: Loop): ReadyLoop {
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
    const strategy = chooseStrategy(sizes, this.device, this.strategy);
    const programs = (stages: readonly LoopStage[]) =>
      stages.map((stage) => {
        if (stage.program.stores.length === 0) return null;
        return { kernel: elementwiseKernel(places, stage), width: stage.width };
      });
    return {
      loop,
      places,
      usesFloat16,
      strategy,
      body: bodyKernels(places, strategy).map(withSuffix(usesFloat16)),
      before: programs(loop.before),
      after: programs(loop.after),
      workPerStep: workPerStep(strategy, units, multiplications / units),
    };
  }
}

const withSuffix =
  (usesFloat16: boolean) =>
  ({ kernel, width }: StageKernel): StageKernel => ({
    kernel: usesFloat16 ? { ...kernel, name: `${kernel.name}, 16-bit weights` } : kernel,
    width,
  });

/** Multiplications per thread and step, plus 100 for all else. For `stepwise`, as few as allow MAX_STEPS steps. */
function workPerStep(strategy: Strategy, units: number, multiplicationsPerUnit: number): number {
  if (strategy.kind === 'stepwise') return MAX_WORK / MAX_STEPS;
  if (strategy.kind === 'elementwise') return 100;
  const { rows, threads, quads } = strategy;
  const sharers = quads === 'unit' ? 4 : 1;
  return Math.ceil((units * sharers) / threads) * (rows / sharers) * (multiplicationsPerUnit + 100);
}

function bodyKernels(places: Places, strategy: Strategy): StageKernel[] {
  const { body } = places;
  switch (strategy.kind) {
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
