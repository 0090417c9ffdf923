import { deriveSeed, Generator } from '@sluice/classify/browser';
import type { Cell } from '@sluice/core';
import { adam, clipGradients, dense, rnn, sequential } from '@sluice/layers';
import {
  abs,
  argMax,
  cast,
  equal,
  less,
  mean,
  oneHot,
  reshape,
  slice,
  sub,
  type Tensor,
  tensor1d,
  tensor2d,
  tensor3d,
  tidy,
} from '@tensorflow/tfjs-core';
import { initializers, type LayersModel } from '@tensorflow/tfjs-layers';
import type { RunSettings } from '../protocol.js';
import type { Batch, Network, Task } from './task.js';

const BATCH = 64;
const BATCHES = 40;
const TESTS = 512;
/** Numbers of one sequence of the adding problem. */
const ADDING_STEPS = 40;
/** A sum that is nearer than this counts as right. */
const NEAR = 0.1;
/** Symbols to copy, their kinds, and the pause between seeing and repeating them. */
const [COPIED, KINDS, PAUSE] = [5, 8, 15];
const COPYING_STEPS = 2 * COPIED + PAUSE;

/** The numbers of sequences and their targets. */
interface Sequences {
  readonly x: Float32Array;
  readonly y: Float32Array | Int32Array;
}

/**
 * The adding problem of Hochreiter & Schmidhuber 1997: each step has a number and a mark; the answer is the sum of the two marked
 * numbers. Forgetting one of them leaves an error of about 0.3.
 */
export function addingTask(settings: RunSettings): Task {
  const make = (count: number, random: Generator): Sequences => {
    const x = new Float32Array(count * ADDING_STEPS * 2);
    const y = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const half = ADDING_STEPS / 2;
      const marked = [random.below(half), half + random.below(half)];
      for (let t = 0; t < ADDING_STEPS; t++) {
        const at = 2 * (i * ADDING_STEPS + t);
        x[at] = random.bits() / 2 ** 32;
        x[at + 1] = marked.includes(t) ? 1 : 0;
        y[i] += x[at] * x[at + 1];
      }
    }
    return { x, y };
  };
  const isNear = (expected: Tensor, given: Tensor) =>
    tidy(() => mean(cast(less(abs(sub(expected, given)), NEAR), 'float32')));
  return numbersTask(settings, {
    make,
    inputs: ({ x }, count) => tensor3d(x, [count, ADDING_STEPS, 2]),
    targets: ({ y }, count) => tensor2d(y as Float32Array, [count, 1]),
    build: (cell) => {
      const { model, recurrent } = networkOf(cell, settings, [ADDING_STEPS, 2], false, 1, undefined);
      model.compile({
        optimizer: optimizerOf(settings),
        loss: 'meanSquaredError',
        metrics: [isNear as never],
      });
      return { model, recurrent };
    },
    step: ({ x }, t) => `${x[2 * t].toFixed(2)}${x[2 * t + 1] === 1 ? ' ←' : ''}`,
    expected: ({ y }) => y[0].toFixed(2),
    steps: ADDING_STEPS,
    describe: (outputs) => `${outputs[0].toFixed(2)}`,
  });
}

/** Copying memory: five symbols, a pause, then the same symbols have to come out. */
export function copyingTask(settings: RunSettings): Task {
  const [blank, go, symbols] = [KINDS, KINDS + 1, KINDS + 2];
  const make = (count: number, random: Generator): Sequences => {
    const x = new Float32Array(count * COPYING_STEPS * symbols);
    const y = new Int32Array(count * COPYING_STEPS).fill(blank);
    for (let i = 0; i < count; i++) {
      for (let t = 0; t < COPYING_STEPS; t++) {
        const symbol = t < COPIED ? random.below(KINDS) : t === COPIED + PAUSE - 1 ? go : blank;
        x[(i * COPYING_STEPS + t) * symbols + symbol] = 1;
        if (t < COPIED) y[i * COPYING_STEPS + COPIED + PAUSE + t] = symbol;
      }
    }
    return { x, y };
  };
  return numbersTask(settings, {
    make,
    inputs: ({ x }, count) => tensor3d(x, [count, COPYING_STEPS, symbols]),
    targets: ({ y }, count) =>
      tidy(() => reshape(oneHot(tensor1d(y, 'int32'), KINDS + 1), [count, COPYING_STEPS, KINDS + 1])),
    build: (cell) => {
      const shape: [number, number] = [COPYING_STEPS, symbols];
      const { model, recurrent } = networkOf(cell, settings, shape, true, KINDS + 1, 'softmax');
      model.compile({
        optimizer: optimizerOf(settings),
        loss: 'categoricalCrossentropy',
        metrics: [shareOfSymbols as never],
      });
      return { model, recurrent };
    },
    step: ({ x }, t) => {
      const symbol = x.subarray(t * symbols, (t + 1) * symbols).indexOf(1);
      return symbol === blank ? '·' : symbol === go ? '?' : String(symbol);
    },
    expected: ({ y }) => Array.from(y.subarray(COPIED + PAUSE, COPYING_STEPS)).join(' '),
    steps: COPYING_STEPS,
    describe: (outputs) =>
      Array.from({ length: COPIED }, (_, i) => {
        const at = (COPIED + PAUSE + i) * (KINDS + 1);
        const row = Array.from({ length: KINDS }, (_, k) => outputs[at + k]);
        return row.indexOf(Math.max(...row));
      }).join(' '),
  });
}

/** The share of right symbols; the pause before them, which is easy, does not count. */
const shareOfSymbols = (expected: Tensor, given: Tensor) =>
  tidy(() => {
    const symbols = (rows: Tensor) =>
      argMax(slice(rows, [0, COPIED + PAUSE, 0], [rows.shape[0] as number, COPIED, KINDS + 1]), 2);
    return mean(cast(equal(symbols(expected), symbols(given)), 'float32'));
  });

interface NumbersTask {
  make(count: number, random: Generator): Sequences;
  inputs(sequences: Sequences, count: number): Tensor;
  targets(sequences: Sequences, count: number): Tensor;
  build(cell: Cell): Network;
  /** The right answer of the first sequence, in words. */
  expected(sequences: Sequences): string;
  /** What the step of the first sequence is called. */
  step(sequences: Sequences, t: number): string;
  readonly steps: number;
  describe(outputs: ArrayLike<number>): string;
}

/** Each part of the data has its own random numbers. */
const [TRAIN, TEST, SHOWN] = [1, 2, 3];

function numbersTask({ seed }: RunSettings, task: NumbersTask): Task {
  const draw = (count: number, ...place: number[]) =>
    task.make(count, new Generator(deriveSeed(seed, ...place)));
  const batchOf = (sequences: Sequences, count: number): Batch => ({
    inputs: task.inputs(sequences, count),
    targets: task.targets(sequences, count),
    count,
  });
  return {
    classes: [],
    batches: BATCHES,
    build: (cell) => task.build(cell),
    batch: (epoch, batch) => batchOf(draw(BATCH, TRAIN, epoch, batch), BATCH),
    test: () => [batchOf(draw(TESTS, TEST), TESTS)],
    show() {
      const sequences = draw(1, SHOWN);
      const steps = Array.from({ length: task.steps }, (_, t) => task.step(sequences, t));
      return { inputs: task.inputs(sequences, 1), steps, expected: task.expected(sequences) };
    },
    describe: task.describe,
  };
}

function networkOf(
  cell: Cell,
  { units, seed }: RunSettings,
  inputShape: [timesteps: number, width: number],
  returnSequences: boolean,
  outputs: number,
  activation: 'softmax' | undefined,
): {
  model: LayersModel & { compile: ReturnType<typeof sequential>['compile'] };
  recurrent: Network['recurrent'];
} {
  const recurrent = rnn({
    cell,
    units,
    inputShape,
    returnSequences,
    seed: deriveSeed(seed, 4),
    name: 'recurrent_1',
  });
  const kernelInitializer = initializers.glorotUniform({ seed: deriveSeed(seed, 5) });
  const model = sequential({ layers: [recurrent, dense({ units: outputs, activation, kernelInitializer })] });
  return { model, recurrent };
}

/** Long sequences sometimes have very large gradients. */
const optimizerOf = ({ learningRate }: RunSettings) => clipGradients(adam(learningRate), { globalNorm: 1 });
