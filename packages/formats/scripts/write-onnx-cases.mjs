/**
 * Writes models of every cell and option as ONNX, each with an input and the output of the float64 reference, for
 * check_onnx.py: `node scripts/write-onnx-cases.mjs FOLDER`, after a build.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellFrom, defineCell, planFor, referenceForward, registerCell } from '@sluice/core';
import { bias, greater, kernel, recurrentKernel, tanh, where } from '@sluice/core/equations';
import { rowVariants } from '../../conformance/dist/cells/rows.js';
import { writeModel } from '../dist/write.js';

const folder = process.argv[2];
if (!folder) {
  console.error('Usage: node scripts/write-onnx-cases.mjs FOLDER');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const [BATCH, TIMESTEPS] = [2, 5];

/** A cell as a user writes one: constants, a comparison, a state that is a constant row, an output that is no state. */
registerCell('ownCell', (options = {}) =>
  defineCell({
    name: 'ownCell',
    options: { ...options },
    states: ['h', 'k'],
    parameters: {
      kernel: kernel('a', 'b'),
      recurrentKernel: recurrentKernel('a', 'b'),
      bias: bias('a', 'b'),
    },
    equations: ({ x, h, k }, { kernel: W, recurrentKernel: U, bias: b }) => {
      const a = tanh(W.a(x).add(U.a(h)).add(b.a));
      const gate = where(greater(a, 0.1), a.mul(2), U.b(a.mul(h)));
      return { h: gate.add(k), k: b.b, output: a.mul(gate).div(3).sub(W.b(x)) };
    },
  }),
);

for (const { name, cell } of rowVariants) registerCell(name, () => cell);

const activations = [
  'relu',
  'relu6',
  'leakyRelu',
  'sigmoid',
  'hardSigmoid',
  'hardSigmoidSixth',
  'softsign',
  'softplus',
  'silu',
  'mish',
  'gelu',
  'elu',
  'selu',
  'linear',
  { name: 'affine', alpha: 0.5, beta: 0.1 },
  { name: 'thresholdedRelu', alpha: 0.1 },
  { name: 'scaledTanh', alpha: 0.5, beta: 0.7 },
];
const optionsOf = {
  simpleRnn: [{}, { useBias: false }, { clip: 0.5 }, ...activations.map((activation) => ({ activation }))],
  lstm: [
    {},
    { useBias: false },
    { peephole: true },
    { inputForget: true, peephole: true },
    { clip: 0.5 },
    { activation: 'relu', recurrentActivation: 'hardSigmoid', outputActivation: 'softsign' },
    { activation: 'gelu', inputForget: true, peephole: true, clip: 1.5 },
  ],
  gru: [
    {},
    { useBias: false },
    { resetAfter: false },
    { update: 'take' },
    { resetAfter: false, update: 'take' },
    { clip: 0.5 },
    { recurrentActivation: 'hardSigmoidSixth', activation: 'elu' },
    { activation: 'silu' },
  ],
  sru: [
    {},
    { useBias: false },
    { version: 1 },
    { highway: false, activation: 'tanh' },
    { rescale: true, highwayBias: -1 },
    { projectSkip: true },
    { recurrence: 'full' },
  ],
  minGru: [{}, { useBias: false }],
  indRnn: [{}, { activation: 'tanh' }],
  liGru: [{}, { useBias: false }],
  ownCell: [{}],
  ...Object.fromEntries(rowVariants.map(({ name }) => [name, [{}]])),
};

let seed = 1;
function random() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return (seed / 2 ** 32) * 2 - 1;
}
const numbers = (length) => Float32Array.from({ length }, random);
const size = (shape) => shape.reduce((a, b) => a * b, 1);

function layerOf(name, options, sizes, directions, call, mergeMode) {
  const parameters = cellFrom({ name, options }).parameters(sizes);
  const weights = () => Object.fromEntries(parameters.map((own) => [own.name, numbers(size(own.shape))]));
  return {
    kind: 'recurrent',
    name: 'layer',
    cell: { name, options },
    sizes,
    directions: directions.map((goBackwards) => ({ goBackwards, weights: weights() })),
    ...(mergeMode && { mergeMode }),
    call,
  };
}

/** The output of a layer, `[batch, timesteps, width]` or `[batch, width]`. */
function outputOf({ cell, sizes, directions, call, mergeMode = 'concat' }, x) {
  const plan = planFor(cellFrom(cell), sizes);
  const units = plan.outputWidth;
  const all = directions.map(({ goBackwards, weights }) => {
    const parameters = plan.parameters.map(({ name }) => Float64Array.from(weights[name]));
    const inputs = { batch: BATCH, timesteps: TIMESTEPS, x, parameters, reverse: goBackwards };
    const { sequence } = referenceForward(plan, inputs);
    if (call.returnSequences) return sequence;
    const step = goBackwards ? 0 : TIMESTEPS - 1;
    return Float64Array.from({ length: BATCH * units }, (_, i) => {
      return sequence[(Math.floor(i / units) * TIMESTEPS + step) * units + (i % units)];
    });
  });
  const [first, second] = all;
  if (!second) return first;
  if (mergeMode === 'concat') {
    return Float64Array.from({ length: first.length * 2 }, (_, i) => {
      const [row, column] = [Math.floor(i / (2 * units)), i % (2 * units)];
      return column < units ? first[row * units + column] : second[(row - 1) * units + column];
    });
  }
  const merge = { sum: (a, b) => a + b, ave: (a, b) => (a + b) / 2, mul: (a, b) => a * b }[mergeMode];
  return first.map((value, i) => merge(value, second[i]));
}

const cases = [];
async function save(file, layers, x, output, { topology, quantize, tolerance } = {}) {
  const model = { format: 'keras', layers, tensors: [], notes: [], ...(topology && { topology }) };
  const written = await writeModel(model, 'onnx', { name: file, ...(quantize && { quantize }) });
  for (const [path, bytes] of written) writeFileSync(join(folder, path), bytes);
  cases.push({
    file: `${file}.onnx`,
    batch: BATCH,
    timesteps: TIMESTEPS,
    x: [...x],
    output: [...output],
    tolerance,
  });
}

let number = 0;
for (const [name, all] of Object.entries(optionsOf)) {
  for (const options of all) {
    for (const [directions, returnSequences, mergeMode] of [
      [[false], true],
      [[true], true],
      [[false], false],
      [[true], false],
      [[false, true], true],
      [[false, true], false],
      [[false, true], true, 'ave'],
      [[true, false], true, 'mul'],
    ]) {
      // Some cells have another path for an input as wide as the units.
      for (const sizes of [
        { inputSize: 3, units: 2 },
        { inputSize: 2, units: 2 },
      ]) {
        if (sizes.inputSize === sizes.units && name !== 'sru' && mergeMode) continue;
        const layer = layerOf(name, options, sizes, directions, { returnSequences }, mergeMode);
        const x = Float64Array.from(numbers(BATCH * TIMESTEPS * sizes.inputSize));
        await save(`${name.replaceAll(/[^A-Za-z]/g, '_')}-${number++}`, [layer], x, outputOf(layer, x));
      }
    }
  }
}

// A model described as Keras does: indices, an embedding, two directions, a layer that goes backwards, two dense layers.
const float32 = (name, shape, values) => ({ name, shape, type: 'float32', values });
const table = numbers(7 * 3);
const kernels = [numbers(4 * 4), numbers(4 * 3)];
const biases = [numbers(4), numbers(3)];
const both = {
  ...layerOf('gru', {}, { inputSize: 3, units: 2 }, [false, true], { returnSequences: true }),
  name: 'both',
};
const back = {
  ...layerOf('sru', {}, { inputSize: 4, units: 4 }, [true], { returnSequences: true }),
  name: 'back',
};
const top = { ...layerOf('lstm', {}, { inputSize: 4, units: 4 }, [false], {}), name: 'top' };
const other = (name, className, weights) => ({ kind: 'other', name, className, weights });
const layers = [
  other('embed', 'Embedding', [float32('embeddings', [7, 3], table)]),
  both,
  back,
  other('steps', 'Dense', [float32('kernel', [4, 4], kernels[0]), float32('bias', [4], biases[0])]),
  top,
  other('classes', 'Dense', [float32('kernel', [4, 3], kernels[1]), float32('bias', [3], biases[1])]),
];
const keras = (class_name, config) => ({ class_name, config });
const topology = keras('Sequential', {
  name: 'model',
  layers: [
    keras('InputLayer', { name: 'in', batch_input_shape: [null, null] }),
    keras('Embedding', { name: 'embed' }),
    keras('Bidirectional', { name: 'both' }),
    keras('Dropout', { name: 'drop', rate: 0.5 }),
    keras('SluiceSRU', { name: 'back' }),
    keras('TimeDistributed', { name: 'wrap', layer: keras('Dense', { name: 'steps', activation: 'selu' }) }),
    keras('LSTM', { name: 'top' }),
    keras('Dense', { name: 'classes', activation: 'linear' }),
    keras('Activation', { name: 'probabilities', activation: 'softmax' }),
  ],
});

function denseOf(x, kernel, bias, activation) {
  const units = bias.length;
  const inputs = kernel.length / units;
  const rows = x.length / inputs;
  return Float64Array.from({ length: rows * units }, (_, i) => {
    const [row, unit] = [Math.floor(i / units), i % units];
    let sum = bias[unit];
    for (let j = 0; j < inputs; j++) sum += x[row * inputs + j] * kernel[j * units + unit];
    return activation(sum);
  });
}
const inSteps = (sequence, width) =>
  Float64Array.from(sequence, (_, i) => {
    const [row, step] = [Math.floor(i / width / TIMESTEPS), Math.floor(i / width) % TIMESTEPS];
    return sequence[(row * TIMESTEPS + TIMESTEPS - 1 - step) * width + (i % width)];
  });
const selu = (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x));
function softmax(x, width) {
  const exps = x.map(Math.exp);
  return exps.map((value, i) => {
    const start = i - (i % width);
    return value / exps.subarray(start, start + width).reduce((a, b) => a + b);
  });
}

const indices = Array.from({ length: BATCH * TIMESTEPS }, (_, i) => (i * 5) % 7);
const embedded = Float64Array.from(indices.flatMap((row) => [...table.subarray(row * 3, row * 3 + 3)]));
const backwards = inSteps(outputOf(back, outputOf(both, embedded)), 4);
const dense = denseOf(backwards, kernels[0], biases[0], selu);
const classes = softmax(
  denseOf(outputOf(top, dense), kernels[1], biases[1], (sum) => sum),
  3,
);
await save('topology', layers, indices, classes, { topology });
await save('float16', layers, indices, classes, { topology, quantize: 'float16', tolerance: 2e-3 });

// A chain of two cells without a description.
const lower = layerOf('sru', {}, { inputSize: 3, units: 2 }, [false, true], {});
const upper = { ...layerOf('lstm', {}, { inputSize: 4, units: 3 }, [false], {}), name: 'upper' };
const x = Float64Array.from(numbers(BATCH * TIMESTEPS * 3));
await save(
  'chain',
  [lower, upper],
  x,
  outputOf(upper, outputOf({ ...lower, call: { returnSequences: true } }, x)),
);

writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
console.log(`${cases.length} models in ${folder}`);
