/** Layers as the tensors of a PyTorch model. */
import { type FloatArray, layouts } from '@sluice/core/layouts';
import { FormatError } from '../bytes/format-error.js';
import { type LayerData, parametersOf, type RecurrentLayerData } from '../data/layers.js';
import { toSnakeCase } from '../data/names.js';
import type { FileTensor } from '../data/tensor.js';
import type { WrittenTensor } from '../safetensors/tensors.js';
import { transpose } from './other-layers.js';

/** The names of modules in Python have no `/`. */
export const moduleName = (name: string): string => name.replace(/^\/+/, '').replaceAll('/', '.');

const LAYOUTS = {
  simpleRnn: { layout: layouts.pytorch.simpleRnn, gates: 1 },
  gru: { layout: layouts.pytorch.gru, gates: 3 },
  lstm: { layout: layouts.pytorch.lstm, gates: 4 },
} as const;

/** The options with which a cell is PyTorch's own module of that name. */
const SAME_OPTIONS: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  simpleRnn: { activation: ['tanh', 'relu'] },
  gru: {
    activation: ['tanh'],
    recurrentActivation: ['sigmoid'],
    resetAfter: [true],
    update: ['keep'],
    layerNorm: [false],
    groups: [1],
  },
  lstm: {
    activation: ['tanh'],
    recurrentActivation: ['sigmoid'],
    peephole: [false],
    inputForget: [false],
    layerNorm: [false],
  },
};

/** Whether PyTorch's `nn.RNN`, `nn.GRU` or `nn.LSTM` computes the layer: its cell, forward or both ways side by side. */
export function hasOwnModule({ cell, directions, mergeMode = 'concat' }: RecurrentLayerData): boolean {
  const same = Object.hasOwn(SAME_OPTIONS, cell.name) ? SAME_OPTIONS[cell.name] : undefined;
  if (!same || directions[0].goBackwards || (directions.length === 2 && mergeMode !== 'concat')) return false;
  return Object.entries(cell.options).every(
    ([name, value]) =>
      name === 'useBias' || (cell.name === 'lstm' && name === 'projection') || same[name]?.includes(value),
  );
}

/**
 * The tensors of layers. Those of PyTorch's own modules have its names and layout, any other recurrent layer the names and the layout
 * of the module that `toPyTorch` prints.
 * @throws FormatError naming layers that hold no known module.
 */
export function toStateDict(layers: readonly LayerData[]): WrittenTensor[] {
  const unknown = layers.filter((layer) => layer.kind === 'other' && layer.className === 'unknown');
  if (unknown.length > 0) {
    throw new FormatError(
      `PyTorch has no module for the layers ${unknown.map(({ name }) => name).join(', ')}.`,
    );
  }
  return layers.flatMap((layer) =>
    layer.kind === 'recurrent' ? recurrentTensors(layer) : otherTensors(layer),
  );
}

function recurrentTensors(layer: RecurrentLayerData): WrittenTensor[] {
  if (!hasOwnModule(layer)) return printedTensors(layer);
  const { layout, gates } = LAYOUTS[layer.cell.name as keyof typeof LAYOUTS];
  const { sizes } = layer;
  const { units, inputSize } = sizes;
  const projection = projectionOf(layer);
  const width = projection ?? units;
  // A name of PyTorch's has its number already: encoder.l0 is tensor encoder.weight_ih_l0.
  const [, name, number] = /^(.*?)\.?l(\d+)$/.exec(layer.name) ?? [null, layer.name, '0'];
  const scope = name === '' ? '' : `${moduleName(name)}.`;
  return layer.directions.flatMap(({ weights }, i) => {
    const suffix = `_l${number}${i === 1 ? '_reverse' : ''}`;
    const { weightIh, weightHh, biasIh, biasHh, weightHr } = layout.fromNative(weights as never, {
      ...sizes,
      projection,
    }) as Record<string, FloatArray>;
    const rows = gates * units;
    const all = [
      { name: `${scope}weight_ih${suffix}`, shape: [rows, inputSize], values: weightIh },
      { name: `${scope}weight_hh${suffix}`, shape: [rows, width], values: weightHh },
      { name: `${scope}bias_ih${suffix}`, shape: [rows], values: biasIh },
      { name: `${scope}bias_hh${suffix}`, shape: [rows], values: biasHh },
      { name: `${scope}weight_hr${suffix}`, shape: [width, units], values: weightHr },
    ];
    return all.filter(({ values }) => values !== undefined);
  });
}

/** The width of an LSTM's projected output: PyTorch's `proj_size`. */
export const projectionOf = ({ cell }: RecurrentLayerData): number | undefined =>
  typeof cell.options.projection === 'number' ? cell.options.projection : undefined;

/** The parameters of the modules that `toPyTorch` prints, one for each direction. */
function printedTensors(layer: RecurrentLayerData): WrittenTensor[] {
  const scopes = layer.directions.length === 1 ? [''] : ['forward_cell.', 'backward_cell.'];
  return layer.directions.flatMap(({ weights }, i) =>
    parametersOf(layer).map(({ name, shape }) => ({
      name: `${moduleName(layer.name)}.${scopes[i]}${toSnakeCase(name)}`,
      shape,
      values: weights[name],
    })),
  );
}

/** Names of weights in Keras's order, and the order of the kernel's axes in PyTorch. */
const MODULES: Readonly<
  Record<string, { readonly names: readonly string[]; readonly order?: readonly number[] }>
> = {
  Dense: { names: ['weight', 'bias'], order: [1, 0] },
  Conv1D: { names: ['weight', 'bias'], order: [2, 1, 0] },
  Conv2D: { names: ['weight', 'bias'], order: [3, 2, 0, 1] },
  Embedding: { names: ['weight'] },
  LayerNormalization: { names: ['weight', 'bias'] },
  BatchNormalization: { names: ['weight', 'bias', 'running_mean', 'running_var'] },
};

function otherTensors({ name, className, weights }: Extract<LayerData, { kind: 'other' }>): WrittenTensor[] {
  const module = Object.hasOwn(MODULES, className) ? MODULES[className] : undefined;
  if (!module) {
    throw new FormatError(`PyTorch's names for the layer ${name}, a ${className}, are not known to Sluice.`);
  }
  return weights.map((tensor, i): FileTensor => {
    const full = `${moduleName(name)}.${module.names[i]}`;
    return i === 0 && module.order ? transpose(tensor, module.order, full) : { ...tensor, name: full };
  });
}
