/**
 * RTNeural's JSON files: layers one after the other with Keras's weights.
 * Source: github.com/jatinchowdhury18/RTNeural, python/model_utils.py, `save_model_json`.
 */
import { damaged, describe, FormatError } from '../bytes/format-error.js';
import { parseJson, requireArray, requireCount, requireRecord } from '../bytes/json.js';
import type { JsonRecord } from '../bytes/record.js';
import type { FormatModule } from '../data/format.js';
import { type KerasObject, makeKnownCell } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { kerasClasses } from '../keras/layer-classes.js';
import { layersOf } from '../keras/weighted-layers.js';

/** Reads a file as a Sequential model. @throws FormatError naming every layer of an unknown type. */
export const read: FormatModule['read'] = ({ bytes, name: file }) => {
  const json = requireRecord(parseJson(bytes, file), file, 'the file');
  const given = requireArray(json.layers, file, 'layers').map((layer, i) =>
    requireRecord(layer, file, `layer ${i}`),
  );
  const unknown = given
    .filter(({ type }) => !Object.hasOwn(CONFIGS, String(type)))
    .map(({ type }) => describe(type));
  if (unknown.length > 0) {
    throw new FormatError(
      `${file}: it has layers of the types ${unknown.join(', ')}. Sluice reads ${Object.keys(CONFIGS).join(', ')}.`,
    );
  }
  const weights = new Map<string, FileTensor[]>();
  const layers = given.map((layer, i): KerasObject => {
    const type = String(layer.type);
    const name = `${type.replaceAll('-', '_')}_${i + 1}`;
    const arrays = requireArray(layer.weights ?? [], file, `the weights of ${name}`);
    const tensors = arrays.map((array, j) => toTensor(array, `${name}/${j}`, file));
    weights.set(name, tensors);
    return CONFIGS[type](name, layer, tensors, file);
  });
  const shape = requireArray(json.in_shape, file, 'in_shape');
  const input = { name: 'input', batch_input_shape: shape, dtype: 'float32', sparse: false };
  const topology = {
    class_name: 'Sequential',
    config: { name: 'rtneural', layers: [{ class_name: 'InputLayer', config: input }, ...layers] },
  };
  return {
    format: 'rtneural',
    topology,
    layers: layersOf(topology, (path) => weights.get(path) ?? [], {
      classes: kerasClasses,
      makeCell: makeKnownCell,
      file,
    }),
    tensors: [...weights.values()].flat(),
    notes: [],
  };
};

type MakeConfig = (
  name: string,
  layer: JsonRecord,
  weights: readonly FileTensor[],
  file: string,
) => KerasObject;

/** The last size of a layer's output. */
function unitsOf(name: string, { shape }: JsonRecord, file: string): number {
  return requireCount(requireArray(shape, file, `the shape of ${name}`).at(-1), file, `the size of ${name}`);
}

const activationOf = ({ activation }: JsonRecord): string =>
  typeof activation === 'string' && activation !== '' ? activation : 'linear';

/** Recurrent layers always have tanh and sigmoid. */
const recurrent =
  (className: string): MakeConfig =>
  (name, layer, weights, file) => {
    const common = {
      name,
      units: unitsOf(name, layer, file),
      return_sequences: true,
      use_bias: weights.length > 2,
    };
    const activations = { activation: 'tanh', recurrent_activation: 'sigmoid' };
    const isGru = className === 'GRU' ? { reset_after: weights[2]?.shape.length !== 1 } : {};
    return { class_name: className, config: { ...common, ...activations, ...isGru } };
  };

const dense: MakeConfig = (name, layer, weights, file) => ({
  class_name: 'Dense',
  config: {
    name,
    units: unitsOf(name, layer, file),
    activation: activationOf(layer),
    use_bias: weights.length > 1,
  },
});

/** The streams of RTNeural are causal. */
const conv1d: MakeConfig = (name, layer, weights, file) => ({
  class_name: 'Conv1D',
  config: {
    name,
    filters: unitsOf(name, layer, file),
    kernel_size: [weights[0]?.shape[0] ?? 1],
    dilation_rate: [layer.dilation ?? 1].flat(),
    padding: 'causal',
    groups: layer.groups ?? 1,
    activation: activationOf(layer),
    use_bias: weights.length > 1,
  },
});

const CONFIGS: Readonly<Record<string, MakeConfig>> = {
  gru: recurrent('GRU'),
  lstm: recurrent('LSTM'),
  dense,
  'time-distributed-dense': dense,
  conv1d,
  activation: (name, layer) => ({
    class_name: 'Activation',
    config: { name, activation: activationOf(layer) },
  }),
  // RTNeural's PReLU has one slope for each channel.
  prelu: (name) => ({ class_name: 'PReLU', config: { name, shared_axes: [1] } }),
  batchnorm: (name, layer, weights) => {
    const hasScale = weights.length > 2;
    return {
      class_name: 'BatchNormalization',
      config: { name, axis: -1, epsilon: layer.epsilon ?? 0.001, scale: hasScale, center: hasScale },
    };
  },
};

/** A nested list of numbers as a tensor. */
function toTensor(value: unknown, name: string, file: string): FileTensor {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); [inner] = inner) shape.push(inner.length);
  const numbers: number[] = [];
  const collect = (inner: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof inner !== 'number')
        throw damaged(file, `${name} holds ${describe(inner)} in place of a number`);
      numbers.push(inner);
      return;
    }
    if (!Array.isArray(inner) || inner.length !== shape[axis]) {
      throw damaged(file, `${name} has rows of different lengths`);
    }
    for (const part of inner) collect(part, axis + 1);
  };
  collect(value, 0);
  return { name, shape, type: 'float32', values: Float32Array.from(numbers) };
}
