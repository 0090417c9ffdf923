import { readFileSync } from 'node:fs';
import { createCpuBackend } from '@sluice/backend-cpu/engine';
import { cellFrom, planFor, referenceForward } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { type ModelFile, type RecurrentLayerData, readModel, toPlan } from '../src/index.js';

const folder = new URL('../fixtures/onnx/', import.meta.url);
const pathOf = (file: string) => new URL(file, folder);

interface Stored {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What a recurrent node was given and what onnxruntime computed, in the shapes of the node. */
interface NodeRun {
  readonly x: Stored;
  readonly h?: Stored;
  readonly c?: Stored;
  readonly y: Stored;
  readonly yh?: Stored;
  readonly yc?: Stored;
}

interface Case {
  readonly file: string;
  readonly layers: readonly NodeRun[];
  readonly lengths?: readonly number[];
}

const cases: readonly Case[] = JSON.parse(readFileSync(pathOf('onnx.json'), 'utf8'));
const recurrentOf = ({ layers }: ModelFile) =>
  layers.filter((layer): layer is RecurrentLayerData => layer.kind === 'recurrent');

/** The numbers of one direction of an array, in order; `axis` is that of the directions. */
function ofDirection({ shape, values }: Stored, axis: number, direction: number): number[] {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  return values.filter((_, i) => Math.floor(i / inner) % shape[axis] === direction);
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
};

/** The largest difference between a layer in float64 and what was stored. */
function differenceOf(layer: RecurrentLayerData, run: NodeRun, lengths?: readonly number[]): number {
  const timeMajor = layer.call.timeMajor ?? false;
  const [batch, timesteps] = timeMajor ? [run.x.shape[1], run.x.shape[0]] : run.x.shape;
  const stateAxis = timeMajor ? 0 : 1;
  const plan = planFor(cellFrom(layer.cell), layer.sizes);
  const differences = layer.directions.flatMap(({ goBackwards, weights }, direction) => {
    const state = (stored?: Stored) => stored && Float64Array.from(ofDirection(stored, stateAxis, direction));
    const { sequence, states } = referenceForward(plan, {
      batch,
      timesteps,
      timeMajor,
      x: Float64Array.from(run.x.values),
      parameters: plan.parameters.map(({ name }) => Float64Array.from(weights[name])),
      initialStates: [state(run.h), state(run.c)].slice(0, plan.states.length),
      reverse: goBackwards,
      ...(lengths && { lengths, maskedOutput: 'zero' as const }),
    });
    const finals = [run.yh, run.yc].flatMap((stored, i) =>
      stored ? [largestDifference(states[i], ofDirection(stored, stateAxis, direction))] : [],
    );
    return [largestDifference(sequence, ofDirection(run.y, timeMajor ? 1 : 2, direction)), ...finals];
  });
  return Math.max(...differences);
}

describe('the layers of a file compute what onnxruntime computes', () => {
  test.each(cases)('$file', async ({ file, layers: runs, lengths }) => {
    const layers = recurrentOf(await readModel(pathOf(file)));
    if (file === 'rnn-two-activations.onnx') return;
    expect(layers).toHaveLength(runs.length);
    layers.forEach((layer, i) => {
      expect(differenceOf(layer, runs[i], lengths), layer.name).toBeLessThan(1e-6);
    });
  });

  test('directions with different activations become two layers', async () => {
    const { layers: runs } = cases.find(({ file }) => file === 'rnn-two-activations.onnx') as Case;
    const layers = recurrentOf(await readModel(pathOf('rnn-two-activations.onnx')));
    expect(layers.map(({ name, cell }) => [name, cell.options.activation])).toEqual([
      ['rnn/forward', { name: 'elu', alpha: Math.fround(0.7) }],
      ['rnn/backward', 'softplus'],
    ]);
    layers.forEach((layer, i) => {
      const own = (stored: Stored, axis: number): Stored => ({
        shape: stored.shape.with(axis, 1),
        values: ofDirection(stored, axis, i),
      });
      const { x, y, yh } = runs[0];
      expect(differenceOf(layer, { x, y: own(y, 1), yh: own(yh as Stored, 0) })).toBeLessThan(1e-6);
    });
  });

  test('also on the cpu engine', async () => {
    const { layers: runs } = cases.find(({ file }) => file === 'torch-lstm-unfolded-no-bias.onnx') as Case;
    const [layer] = recurrentOf(await readModel(pathOf('torch-lstm-unfolded-no-bias.onnx')));
    const engine = createCpuBackend();
    const [{ plan, parameters, reverse }] = toPlan(layer);
    const { x, y } = runs[0];
    const { sequence } = engine.forward(plan, {
      batch: x.shape[1],
      timesteps: x.shape[0],
      timeMajor: true,
      x: engine.upload(Float32Array.from(x.values)),
      parameters: parameters.map((values) => engine.upload(values)),
      reverse,
    });
    expect(largestDifference(await engine.download(sequence), y.values)).toBeLessThan(1e-6);
  });
});

test('a layer in several branches is listed once, by its path', async () => {
  const { layers, notes } = await readModel(pathOf('branches.onnx'));
  expect(layers.map(({ name }) => name)).toEqual([
    'Outer/else_branch/Inner/else_branch/twin',
    'Outer/then_branch/second',
  ]);
  expect(notes).toContain(
    'Outer/else_branch/Inner/then_branch/first has the weights of Outer/else_branch/Inner/else_branch/twin; it is listed once.',
  );
});

test('other layers have the weights of Keras', async () => {
  const model = await readModel(pathOf('others.onnx'));
  const stored = (name: string) => model.tensors.find((tensor) => tensor.name === name)?.values;
  const listed = model.layers.map((layer) => {
    if (layer.kind === 'recurrent') return layer.name;
    return [layer.name, layer.className, ...layer.weights.map(({ name, shape }) => `${name} ${shape}`)];
  });
  expect(listed).toEqual([
    ['embed', 'Embedding', 'embeddings 5,4'],
    ['conv', 'Conv1D', 'kernel 2,4,3', 'bias 3'],
    'gru',
    ['dense', 'Dense', 'kernel 2,3', 'bias 3'],
    ['gemm', 'Dense', 'kernel 2,4', 'bias 4'],
  ]);
  const weights = (layer: string) => {
    const found = model.layers.find(({ name }) => name === layer);
    return found?.kind === 'other' ? found.weights.map(({ values }) => values) : [];
  };
  expect(weights('embed')[0]).toEqual(stored('table'));
  expect(weights('dense')[1]).toEqual(stored('dense.b'));
  const [gemm, filter] = [stored('gemm') ?? [], stored('filter') ?? []];
  expect([...weights('gemm')[0]]).toEqual([0, 1].flatMap((i) => [0, 1, 2, 3].map((o) => gemm[2 * o + i])));
  const filters = [0, 1].flatMap((k) =>
    [0, 1, 2, 3].flatMap((i) => [0, 1, 2].map((o) => filter[8 * o + 2 * i + k])),
  );
  expect([...weights('conv')[0]]).toEqual(filters);
  expect(model.notes).toEqual([
    'gru takes the lengths of sequences from the input lengths.',
    'gru takes its initial hidden state from the input h0, which is no part of the layer.',
    'Also in the graph: 2 Transpose, 1 Relu, 2 Squeeze. They are not read.',
  ]);
});

test('a recurrence in single operations is named in a note', async () => {
  const { layers, notes } = await readModel(pathOf('torch-dynamo-rnn-unrolled.onnx'));
  // The product of the input, and that of the state, which every step uses.
  expect(layers).toHaveLength(2);
  expect(notes[0]).toContain('dynamo=False');
});

test('the layers of a function are those of each of its calls', async () => {
  const { layers } = await readModel(pathOf('function.onnx'));
  expect(layers.map(({ name }) => name)).toEqual([
    'one/inside',
    'one/MatMul_1',
    'two/inside',
    'two/MatMul_1',
  ]);
});
