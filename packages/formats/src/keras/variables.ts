/** Keras 3's files of weights: a group for each layer, named by its class, with numbered variables. */
import { FormatError } from '../bytes/format-error.js';
import type { KerasObject } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import type { Hdf5Group } from './hdf5.js';
import { modelIn } from './inner-models.js';
import { childLayers, isModel, layerName } from './topology.js';

/** Keras's snake case of a class name: `SimpleRNN` → `simple_rnn`, `Conv1D` → `conv1d`. */
export const toGroupName = (className: string): string =>
  className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** The names of the groups of layers: the second Dense is `dense_1`. */
export function groupNames(layers: readonly KerasObject[]): string[] {
  const counts = new Map<string, number>();
  return layers.map(({ class_name: className }) => {
    const name = toGroupName(className);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

/** Groups inside of a layer's that hold no weights. */
const NO_WEIGHTS = /^(seed_generator|_metrics|optimizer)/;

/** The forward direction comes first. */
const inOrder = (names: readonly string[]): string[] =>
  [...names].sort((a, b) => Number(b === 'forward_layer') - Number(a === 'forward_layer'));

/** All variables of a layer: its own, then those of the layers and cells in it. */
function variablesIn(group: Hdf5Group | undefined): FileTensor[] {
  if (!group) return [];
  const own = group.child('vars');
  const numbers = (own?.names ?? []).map(Number).filter(Number.isInteger);
  const tensors = numbers.sort((a, b) => a - b).flatMap((number) => own?.tensor(String(number)) ?? []);
  const inner = inOrder(group.names).filter((name) => name !== 'vars' && !NO_WEIGHTS.test(name));
  return [...tensors, ...inner.flatMap((name) => variablesIn(group.child(name)))];
}

/**
 * The weights of each layer of a model by its path.
 * @throws FormatError when the layer of a group has another name, as after a change of one of the two parts.
 */
export function variablesOf(
  model: KerasObject,
  group: Hdf5Group,
  file: string,
  scope = '',
): Map<string, FileTensor[]> {
  const layers = childLayers(model, file);
  const container = group.child('layers');
  const names = groupNames(layers);
  const assigned = new Map<string, FileTensor[]>();
  layers.forEach((layer, i) => {
    const path = scope + layerName(layer);
    const own = container?.child(names[i]);
    const stored = own?.child('vars')?.text('name');
    if (stored !== undefined && stored !== layerName(layer)) {
      throw new FormatError(
        `${file}: the weights of ${path} are named ${stored}. The parts of the file do not belong together.`,
      );
    }
    const inner = modelIn(layer);
    if (inner) {
      const wrapped = isModel(layer) ? own : own?.child('layer');
      const parts = wrapped ? variablesOf(inner, wrapped, file, `${path}/`) : [];
      for (const [key, tensors] of parts) assigned.set(key, tensors);
    } else assigned.set(path, named(path, variablesIn(own)));
  });
  return assigned;
}

const named = (path: string, tensors: readonly FileTensor[]): FileTensor[] =>
  tensors.map((tensor) => ({ ...tensor, name: `${path}/${tensor.name}` }));

/** The weights of a file without a description, by the paths of its groups. */
export function readVariables(root: Hdf5Group, scope = ''): { path: string; tensors: FileTensor[] }[] {
  const container = root.child('layers');
  if (!container) return [];
  return container.names.flatMap((name) => {
    const group = container.child(name);
    const path = scope + (group?.child('vars')?.text('name') ?? name);
    if (group?.child('layers')) return readVariables(group, `${path}/`);
    const tensors = named(path, variablesIn(group));
    return tensors.length > 0 ? [{ path, tensors }] : [];
  });
}
