/** Modules of PyTorch that are not recurrent, in Keras's layout. */
import type { LayerData } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';

/** The tensors of one module by the last part of their names. */
export interface NamedModule {
  /** The name of the module: `encoder.rnn`. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

/** A tensor with another order of its axes. */
export function transpose(tensor: FileTensor, order: readonly number[], name = tensor.name): FileTensor {
  const { shape, values } = tensor;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const newShape = order.map((axis) => shape[axis]);
  const moved = new (values.constructor as Float32ArrayConstructor)(values.length) as FileTensor['values'];
  for (let i = 0; i < moved.length; i++) {
    let rest = i;
    let from = 0;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      from += (rest % newShape[axis]) * strides[order[axis]];
      rest = Math.floor(rest / newShape[axis]);
    }
    moved[i] = values[from];
  }
  return { ...tensor, name, shape: newShape, values: moved };
}

const renamed = (tensor: FileTensor | undefined, name: string): FileTensor[] =>
  tensor ? [{ ...tensor, name }] : [];

/** The kernel's axes in Keras's order, by the number of axes: the outputs come last. */
const KERNELS: Readonly<Record<number, { className: string; order: readonly number[] }>> = {
  2: { className: 'Dense', order: [1, 0] },
  3: { className: 'Conv1D', order: [2, 1, 0] },
  4: { className: 'Conv2D', order: [2, 3, 1, 0] },
};

/** A module by the names and shapes of its tensors. */
export function readOther({ name, tensors }: NamedModule, note: (text: string) => void): LayerData[] {
  const get = (leaf: string) => tensors.get(leaf);
  const weight = get('weight');
  const bias = get('bias');
  const layer = (className: string, weights: readonly FileTensor[]): LayerData[] => [
    { kind: 'other', name, className, weights },
  ];
  const only = (...leaves: string[]) => [...tensors.keys()].every((leaf) => leaves.includes(leaf));
  const mean = get('running_mean');
  const variance = get('running_var');
  if (mean && variance && only('weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked')) {
    return layer('BatchNormalization', [
      ...renamed(weight, 'gamma'),
      ...renamed(bias, 'beta'),
      { ...mean, name: 'moving_mean' },
      { ...variance, name: 'moving_variance' },
    ]);
  }
  if (!weight || !only('weight', 'bias')) {
    note(`${name || 'The model'} has tensors of no known module: ${[...tensors.keys()].join(', ')}.`);
    return layer('unknown', [...tensors.values()]);
  }
  if (weight.shape.length === 1) {
    return layer('LayerNormalization', [...renamed(weight, 'gamma'), ...renamed(bias, 'beta')]);
  }
  if (weight.shape.length === 2 && !bias) {
    if (/emb/i.test(name)) return layer('Embedding', renamed(weight, 'embeddings'));
    note(`${name}.weight is taken for a Linear without bias; an Embedding would have "emb" in its name.`);
  }
  const kernel = KERNELS[weight.shape.length];
  if (!kernel) return layer('unknown', [...tensors.values()]);
  return layer(kernel.className, [transpose(weight, kernel.order, 'kernel'), ...renamed(bias, 'bias')]);
}
