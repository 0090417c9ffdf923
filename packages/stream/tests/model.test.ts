import { readFileSync } from 'node:fs';
import { cells, planFor } from '@sluice/core';
import { type ModelFile, readModel } from '@sluice/formats';
import { describe, expect, test } from 'vitest';
import { createStream } from '../src/index.js';
import { fromModel } from '../src/model/from-model.js';
import { expectClose } from './problem.js';

interface Call {
  readonly steps: number;
  readonly frameSteps: readonly number[];
  /** Each input and output for all steps, in row-major order. */
  readonly xs: readonly (readonly number[])[];
  readonly ys: readonly (readonly number[])[];
}

const fixtures = new URL('../fixtures/', import.meta.url);
const calls: Record<string, Call> = JSON.parse(readFileSync(new URL('keras-calls.json', fixtures), 'utf8'));
const fileOf = (name: string) =>
  readModel(new Uint8Array(readFileSync(new URL(`keras/${name}.keras`, fixtures))));

/** The parts of several values that belong to one of `count` frames, one behind the other. */
const frameOf = (values: Call['xs'], frame: number, count: number) =>
  values.flatMap((all) => all.slice((frame * all.length) / count, ((frame + 1) * all.length) / count));

describe.each(Object.keys(calls))('%s computes what Keras computes', (name) => {
  const { steps, frameSteps, xs, ys } = calls[name]!;

  test.each(frameSteps)('frames of %i time steps', async (timesteps) => {
    const { network, weights, inputs, outputs } = fromModel(await fileOf(name), { timesteps });
    expect(inputs).toHaveLength(xs.length);
    expect(outputs).toHaveLength(ys.length);
    const stream = await createStream(network, { weights });
    const count = steps / timesteps;
    for (let frame = 0; frame < count; frame++) {
      expectClose(stream.process(frameOf(xs, frame, count)), frameOf(ys, frame, count));
    }
    stream.dispose();
  });
});

describe('notes', () => {
  test('a model without layers that see a frame alone has none', async () => {
    expect(fromModel(await fileOf('causal')).notes).toEqual([]);
    expect(fromModel(await fileOf('branches')).notes).toEqual([]);
  });

  test('layers that see a frame alone are named', async () => {
    const { notes } = fromModel(await fileOf('frames'), { timesteps: 8 });
    expect(notes).toContain('bidirectional computes from each frame alone: time runs backwards in it.');
    expect(notes).toContain("conv1d_2 computes from each frame alone: its padding is 'same'.");
  });
});

/** A model of layers behind one another, for inputs of a shape. */
const sequentialOf = (
  shape: readonly (number | null)[],
  layers: readonly object[],
  data: readonly object[] = [],
): ModelFile =>
  ({
    format: 'keras',
    layers: data,
    tensors: [],
    notes: [],
    topology: {
      class_name: 'Sequential',
      config: {
        name: 'small',
        layers: [{ class_name: 'InputLayer', config: { name: 'x', batch_input_shape: shape } }, ...layers],
      },
    },
  }) as unknown as ModelFile;
const layer = (class_name: string, config: object = {}) => ({
  class_name,
  config: { name: class_name.toLowerCase(), ...config },
});

describe('a sequence that is made within a frame', () => {
  const sizes = { inputSize: 3, units: 2 };
  const { cell, plan } = { cell: cells.gru(), plan: planFor(cells.gru(), sizes) };
  const weights = Object.fromEntries(
    plan.parameters.map(({ name, shape }) => [
      name,
      new Float32Array(shape.reduce((a, b) => a * b)).fill(0.3),
    ]),
  );
  const gru = {
    ...{ kind: 'recurrent', name: 'gru', cell: { name: 'gru', options: cell.options }, sizes, call: {} },
    directions: [{ goBackwards: false, weights }],
  };

  test.each([
    ['RepeatVector', [null, 3], layer('RepeatVector', { n: 2 })],
    ['Reshape', [null, 6], layer('Reshape', { target_shape: [2, 3] })],
  ])('%s: states do not pass from frame to frame', async (_, shape, first) => {
    const { network, weights: all } = fromModel(
      sequentialOf(shape, [first, layer('GRU', { units: 2 })], [gru]),
    );
    expect(network.states).toEqual([]);
    const stream = await createStream(network, { weights: all });
    const frame = new Float32Array(stream.inputSize).fill(0.5);
    const result = Array.from(stream.process(frame));
    expect(Array.from(stream.process(frame))).toEqual(result);
  });
});

test.each(['wasm', 'cpu'] as const)('Embedding on %s: a number without a row gives NaN', async (backend) => {
  const embedding = layer('Embedding', { input_dim: 3, output_dim: 2 });
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const data = { kind: 'other', name: 'embedding', weights: [{ name: 'embeddings', shape: [3, 2], values }] };
  const { network, weights } = fromModel(sequentialOf([null, 1], [embedding], [data]));
  const stream = await createStream(network, { weights, backend });
  expect([...stream.process([2])]).toEqual([5, 6]);
  for (const word of [-1, 3, 0.5]) expect([...stream.process([word])]).toEqual([Number.NaN, Number.NaN]);
  expect([...stream.process([0])]).toEqual([1, 2]);
});

test('a layer may have the name of a part of another one', async () => {
  const separable = layer('SeparableConv1D', { name: 'a', filters: 1, kernel_size: [1], use_bias: false });
  const depthwise = layer('DepthwiseConv1D', { name: 'a.depthwise', kernel_size: [1], use_bias: false });
  const other = (name: string, ...all: readonly number[][]) => ({
    ...{ kind: 'other', name },
    weights: all.map((values) => ({ name: '', shape: [1, 1, 1], values: Float32Array.from(values) })),
  });
  const model = sequentialOf(
    [null, null, 1],
    [separable, depthwise],
    [other('a', [2], [3]), other('a.depthwise', [5])],
  );
  const { network, weights } = fromModel(model);
  const stream = await createStream(network, { weights });
  expect([...stream.process([1])]).toEqual([30]);
});

describe('what is refused', () => {
  const sequential = (...layers: object[]) => sequentialOf([null, null, 3], layers);

  test('all layers that cannot be taken are named, with the reasons', () => {
    const model = sequential(layer('Masking'), layer('Fancy'), layer('Conv2D'));
    expect(() => fromModel(model)).toThrow(
      "3 of the model's layers: masking: Masking is no layer of streams; fancy: Fancy is no layer of streams; " +
        'conv2d: Conv2D is no layer of streams',
    );
    expect(() => fromModel(sequential(layer('Activation', { activation: 'odd' })))).toThrow(
      "activation (Activation): Unknown activation 'odd'",
    );
    expect(() => fromModel(sequential(layer('Dense', { units: 2 })))).toThrow(
      'dense (Dense): it has 0 arrays of weights instead of 2',
    );
  });

  test('another number of time steps than the layers need', async () => {
    await expect(fileOf('frames').then((model) => fromModel(model, { timesteps: 4 }))).rejects.toThrow(
      'bidirectional_1 (Bidirectional): it reads 4 features, but is given 2; give other timesteps',
    );
    await expect(fileOf('causal').then((model) => fromModel(model, { timesteps: 1.5 }))).rejects.toThrow(
      'timesteps must be a whole number from 1 to 65536, but is 1.5',
    );
  });

  test('strides that do not divide the frame, also with one number in a window', () => {
    const convolution = layer('Conv1D', { filters: 1, kernel_size: [1], strides: [2], use_bias: false });
    expect(() => fromModel(sequential(convolution), { timesteps: 3 })).toThrow(
      'its strides are 2: timesteps must be divisible by them',
    );
  });

  test('weights alone', () => {
    const weightsAlone: ModelFile = { format: 'safetensors', layers: [], tensors: [], notes: [] };
    expect(() => fromModel(weightsAlone)).toThrow('but was given weights alone (safetensors)');
  });
});
