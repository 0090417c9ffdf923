import {
  cellFrom,
  cells,
  cellToData,
  type JsonObject,
  planFor,
  referenceForward,
  registerCell,
} from '@sluice/core';
import * as onnxruntime from 'onnxruntime-web';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../src/data/tensor.js';
import {
  FormatError,
  type ModelFile,
  type OtherLayerData,
  type RecurrentLayerData,
  readModel,
} from '../src/index.js';
import { writeModel } from '../src/write.js';
import { ownCell, rows } from './own-cells.js';

const [BATCH, TIMESTEPS, INPUTS, UNITS] = [2, 4, 3, 2];

/** Numbers between −1 and 1 without a pattern. */
const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function layerOf(
  name: string,
  options: JsonObject,
  directions: readonly boolean[] = [false],
  more: Partial<RecurrentLayerData> = {},
): RecurrentLayerData {
  const sizes = { inputSize: INPUTS, units: UNITS, ...more.sizes };
  const parameters = cellFrom({ name, options }).parameters(sizes);
  const weights = (seed: number) =>
    Object.fromEntries(parameters.map((own, i) => [own.name, numbers(sizeOf(own.shape), 10 * seed + i)]));
  return {
    kind: 'recurrent',
    name: 'layer',
    cell: { name, options },
    sizes,
    directions: directions.map((goBackwards, i) => ({ goBackwards, weights: weights(i) })),
    call: { returnSequences: true },
    ...more,
  };
}

const modelOf = (...layers: ModelFile['layers'][number][]): ModelFile => ({
  format: 'keras',
  layers,
  tensors: [],
  notes: [],
});

async function written(model: ModelFile, quantize?: 'float16' | 'int8'): Promise<Uint8Array> {
  const files = await writeModel(model, 'onnx', quantize ? { quantize } : {});
  expect([...files.keys()]).toEqual(['model.onnx']);
  return files.get('model.onnx') as Uint8Array;
}

async function outputOf(bytes: Uint8Array, x: Float32Array): Promise<ArrayLike<number>> {
  const session = await onnxruntime.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  const input = new onnxruntime.Tensor('float32', x, [BATCH, TIMESTEPS, INPUTS]);
  const { output } = await session.run({ input });
  return output.data as Float32Array;
}

/** The outputs of a layer, its directions side by side. */
function referenceOf({ cell, sizes, directions }: RecurrentLayerData, x: Float32Array): number[] {
  const plan = planFor(cellFrom(cell), sizes);
  const both = directions.map(({ goBackwards, weights }) => {
    const parameters = plan.parameters.map(({ name }) => Float64Array.from(weights[name]));
    const inputs = { batch: BATCH, timesteps: TIMESTEPS, x: Float64Array.from(x), parameters };
    return referenceForward(plan, { ...inputs, reverse: goBackwards }).sequence;
  });
  const width = plan.outputWidth;
  return Array.from({ length: BATCH * TIMESTEPS }, (_, row) =>
    both.flatMap((sequence) => [...sequence.subarray(row * width, (row + 1) * width)]),
  ).flat();
}

const variants: readonly [cell: string, options: JsonObject][] = [
  ...Object.keys(cells).map((cell): [string, JsonObject] => [cell, {}]),
  ['simpleRnn', { activation: { name: 'leakyRelu', alpha: 0.25 }, clip: 0.5 }],
  ['simpleRnn', { activation: 'gelu', useBias: false }],
  ['gru', { resetAfter: false, recurrentActivation: 'hardSigmoidSixth' }],
  ['gru', { update: 'take' }],
  ['lstm', { peephole: true, activation: 'softsign', outputActivation: 'linear' }],
  ['lstm', { inputForget: true, peephole: true }],
  ['lstm', { activation: 'mish', useBias: false }],
  ['sru', { version: 1, highway: false }],
  ['sru', { recurrence: 'full' }],
  ['ownCell', {}],
  ['rows', {}],
];

beforeAll(() => {
  registerCell('rows', () => rows);
  registerCell('ownCell', ownCell);
  onnxruntime.env.wasm.numThreads = 1;
});

describe.each(variants)('%s %j', (cell, options) => {
  test.each([[[false]], [[true]], [[false, true]]])(
    'backwards %j: onnxruntime computes the same',
    async (directions) => {
      const layer = layerOf(cell, options, directions);
      const bytes = await written(modelOf(layer));
      const x = numbers(BATCH * TIMESTEPS * INPUTS, 5);
      const [output, expected] = [await outputOf(bytes, x), referenceOf(layer, x)];
      expect(output).toHaveLength(expected.length);
      expected.forEach((value, i) => {
        expect(Math.abs(output[i] - value) / Math.max(1, Math.abs(value))).toBeLessThan(1e-6);
      });

      const { layers } = await readModel(bytes);
      expect(layers).toHaveLength(1);
      const [read] = layers as RecurrentLayerData[];
      expect(read.directions).toEqual(layer.directions);
      expect(read.sizes).toEqual(layer.sizes);
      const nodesOf = (given: RecurrentLayerData) => planFor(cellFrom(given.cell), given.sizes).nodes;
      expect(nodesOf(read)).toEqual(nodesOf(layer));
    },
  );
});

test('weights in 16 bits are the nearest ones', async () => {
  for (const cell of ['gru', 'sru']) {
    const layer = layerOf(cell, {});
    const { layers } = await readModel(await written(modelOf(layer), 'float16'));
    const [{ directions }] = layers as RecurrentLayerData[];
    const { kernel } = layer.directions[0].weights;
    const rounded = Float32Array.from(kernel, (value) => decodeFloat16(encodeFloat16(value)));
    expect(directions[0].weights.kernel).toEqual(rounded);
  }
});

test('a cell is recognised among the arrays of its Scan', async () => {
  const { layers, notes } = await readModel(await written(modelOf(layerOf('sru', {}, [true]))));
  expect(layers.map(({ kind, name }) => [kind, name])).toEqual([['recurrent', 'layer']]);
  expect(notes.join()).not.toMatch(/Scan|MatMul/);
});

test('a cell that is not registered is named when a Scan is read', async () => {
  const bytes = await written(modelOf(layerOf('minGru', {})));
  const text = new TextDecoder('latin1').decode(bytes).replace('"minGru"', '"minGrx"');
  const changed = Uint8Array.from(text, (character) => character.charCodeAt(0));
  await expect(readModel(changed)).rejects.toThrow("layer (Scan): No cell named 'minGrx'");
});

describe('a cell that is not registered', () => {
  const sizes = { inputSize: INPUTS, units: UNITS };
  const cell = { name: 'rows', options: {}, definition: cellToData(rows, sizes) };
  const model = () => modelOf({ ...layerOf('rows', {}), cell });

  test('is read from its equations', async () => {
    const { layers } = await readModel(await written(model()));
    const [read] = layers as RecurrentLayerData[];
    expect(read.cell).toEqual(cell);
    expect(planFor(cellFrom(read.cell), read.sizes)).toEqual(planFor(rows, sizes));
  });

  test('is refused when its equations are damaged', async () => {
    const bytes = await written(model());
    const text = new TextDecoder('latin1').decode(bytes).replace('"sumWithin"', '"sumWithit"');
    const reading = readModel(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    await expect(reading).rejects.toThrow(FormatError);
    await expect(reading).rejects.toThrow('unknown operation "sumWithit"');
  });
});

const dense = (name: string, inputs: number, units: number): OtherLayerData => ({
  kind: 'other',
  name,
  className: 'Dense',
  weights: [
    { name: 'kernel', shape: [inputs, units], type: 'float32', values: numbers(inputs * units, 3) },
    { name: 'bias', shape: [units], type: 'float32', values: numbers(units, 4) },
  ],
});

const keras = (class_name: string, config: object) => ({
  class_name,
  config: config as Record<string, unknown>,
});

describe('a model that Keras describes', () => {
  const layer = layerOf('gru', {}, [true], { name: 'gru' });
  const layersOf = (...middle: ReturnType<typeof keras>[]) => [
    keras('InputLayer', { name: 'in' }),
    keras('GRU', { name: 'gru' }),
    ...middle,
    keras('Dense', { name: 'top', activation: 'softmax' }),
  ];
  const described = (layers: object[], className = 'Sequential'): ModelFile => ({
    ...modelOf(layer, dense('top', UNITS, 3)),
    topology: keras(className, { name: 'model', layers }),
  });

  test('is written with its activations, and a backward layer in the order of computation', async () => {
    const bytes = await written(described(layersOf(keras('Dropout', { name: 'drop' }))));
    const x = numbers(BATCH * TIMESTEPS * INPUTS, 5);
    const output = await outputOf(bytes, x);
    const rows = referenceOf(layer, x);
    const [{ values: kernel }, { values: bias }] = dense('top', UNITS, 3).weights;
    for (let row = 0; row < BATCH; row++) {
      for (let step = 0; step < TIMESTEPS; step++) {
        const from = (row * TIMESTEPS + TIMESTEPS - 1 - step) * UNITS;
        const sums = [0, 1, 2].map((j) => rows[from] * kernel[j] + rows[from + 1] * kernel[3 + j] + bias[j]);
        const exps = sums.map(Math.exp);
        const at = (row * TIMESTEPS + step) * 3;
        exps.forEach((value, j) => {
          expect(output[at + j]).toBeCloseTo(value / exps.reduce((a, b) => a + b), 6);
        });
      }
    }
  });

  test('TimeDistributed of a Dense is written as the Dense', async () => {
    const inner = keras('Dense', { name: 'inner', activation: 'softmax' });
    const layers = [...layersOf().slice(0, 2), keras('TimeDistributed', { name: 'top', layer: inner })];
    const wrapped = { ...dense('top', UNITS, 3), className: 'TimeDistributed' };
    const model = { ...described(layers), layers: [layer, wrapped] };
    expect(await written(model)).toEqual(await written(described(layersOf())));
  });

  test('is written when it is functional and a chain', async () => {
    const linked = layersOf().map((own, i, all) => {
      const { name } = own.config;
      return { ...own, name, inbound_nodes: i ? [[[all[i - 1].config.name, 0, 0, {}]]] : [] };
    });
    expect(await written(described(linked, 'Functional'))).toEqual(await written(described(layersOf())));
    const branched = linked.with(2, { ...linked[2], inbound_nodes: [[['in', 0, 0, {}]]] });
    await expect(written(described(branched, 'Functional'))).rejects.toThrow(
      'top does not read the layer before it',
    );
  });

  test('a layer that needs a sequence refuses a row', async () => {
    const first = layerOf('gru', {}, [false], { name: 'gru', call: {} });
    const second = layerOf('gru', {}, [false], { name: 'next', sizes: { inputSize: UNITS, units: 3 } });
    const layers = [keras('GRU', { name: 'gru' }), keras('GRU', { name: 'next' })];
    const model = { ...modelOf(first, second), topology: keras('Sequential', { layers }) };
    await expect(written(model)).rejects.toThrow('next needs a sequence');
  });

  test('every layer that ONNX or the writer lacks is named', async () => {
    const others = [
      keras('Conv2D', { name: 'conv' }),
      keras('Embedding', { name: 'embed', mask_zero: true }),
    ];
    const writing = written(described(layersOf(...others)));
    await expect(writing).rejects.toThrow(FormatError);
    await expect(writing).rejects.toThrow(
      'conv is a layer Conv2D; embed masks steps (mask_zero), which the written model would not; embed has no weights',
    );
  });
});

test.each([
  ['a stateful layer', [layerOf('gru', {}, [false], { call: { stateful: true } })], 'layer is stateful'],
  ['layers that do not fit', [layerOf('gru', {}), dense('top', 5, 2)], 'top reads rows of 5'],
  ['no recurrent layer', [dense('top', 5, 2)], 'it has no recurrent layer'],
])('%s is refused', async (_, layers, expected) => {
  await expect(written(modelOf(...layers))).rejects.toThrow(expected);
});

test.each([
  ['a model of TensorFlow.js', () => writeModel({ layers: [] } as never, 'onnx'), 'what toModelFile of'],
  [
    'a format',
    () => writeModel(modelOf(), 'h5' as never),
    "the format 'h5'. It writes layers-model, safetensors, ",
  ],
  [
    'a number of bits',
    () => writeModel(modelOf(), 'layers-model', { quantize: 'int4' as never }),
    "quantize must be 'float16' or 'int8', but is 'int4'",
  ],
  ['a folder', () => writeModel(modelOf(), 'onnx', { name: '../x' }), "without folders, but is '../x'"],
])('%s that is none is refused', async (_, write, expected) => {
  await expect(write()).rejects.toThrow(expected);
});

test('8 bits are refused', async () => {
  await expect(written(modelOf(layerOf('gru', {})), 'int8')).rejects.toThrow("Choose quantize: 'float16'");
});
