/** Writes Keras 3's `.keras` files. The weights are written by h5wasm, the HDF5 library itself. */
import { FormatError, WHOLE_MODEL } from '../bytes/format-error.js';
import { zip } from '../bytes/zip.js';
import type { WriteOptions, WrittenFiles } from '../data/format.js';
import { type KerasObject, type LayerData, type ModelFile, parametersOf } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { openHdf5 } from './hdf5.js';
import { modelIn } from './inner-models.js';
import { toKeras3 } from './to-keras3.js';
import { childLayers, isModel, layerName } from './topology.js';
import { groupNames } from './variables.js';

/** The oldest version whose layout this is. */
const KERAS_VERSION = '3.5.0';

/**
 * Writes a model as Keras 3 reads it.
 * @throws FormatError when Keras cannot hold the model, or when weights shall be quantised.
 */
export async function write(
  model: ModelFile,
  { name = 'model', quantize }: WriteOptions,
): Promise<WrittenFiles> {
  if (!model.topology) {
    throw new FormatError(
      `A .keras file describes a whole model, but these are layers alone. ${WHOLE_MODEL}`,
    );
  }
  if (quantize !== undefined) {
    throw new FormatError(`A .keras file holds float32 weights. Leave out quantize: '${quantize}'.`);
  }
  const topology = toKeras3(model.topology);
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const groups = weightGroups(model.topology, layers);
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const parts = new Map([
    ['metadata.json', text({ keras_version: KERAS_VERSION, date_saved: '1980-01-01@12:00:00' })],
    ['config.json', text(topology)],
    ['model.weights.h5', await writeGroups(groups)],
  ]);
  return new Map([[`${name}.keras`, zip(parts)]]);
}

/** A group of variables: its path, and the name of its layer. */
interface WeightGroup {
  readonly path: string;
  readonly layer: string;
  readonly tensors: readonly Pick<FileTensor, 'shape' | 'values'>[];
}

function weightGroups(
  model: KerasObject,
  layers: ReadonlyMap<string, LayerData>,
  folder = 'layers',
  scope = '',
): WeightGroup[] {
  const children = childLayers(model, 'the model');
  const names = groupNames(children);
  return children.flatMap((child, i) => {
    const path = `${folder}/${names[i]}`;
    const own = layerName(child);
    const inner = modelIn(child);
    if (inner) {
      const inside = isModel(child) ? `${path}/layers` : `${path}/layer/layers`;
      return weightGroups(inner, layers, inside, `${scope}${own}/`);
    }
    const data = layers.get(scope + own);
    return data ? groupsOf(child, data, path) : [];
  });
}

function groupsOf(description: KerasObject, data: LayerData, path: string): WeightGroup[] {
  const layer = layerName(description);
  if (data.kind === 'other') {
    const place = description.class_name === 'TimeDistributed' ? `${path}/layer/vars` : `${path}/vars`;
    return [{ path: place, layer, tensors: data.weights }];
  }
  const places =
    description.class_name === 'Bidirectional'
      ? ['forward_layer', 'backward_layer'].map((direction) => `${path}/${direction}/cell/vars`)
      : [`${path}/cell/vars`];
  return data.directions.map(({ weights }, i) => ({
    path: places[i],
    layer,
    tensors: parametersOf(data).map(({ name, shape }) => ({ shape, values: weights[name] })),
  }));
}

/** The library's file system is shared, so each file has a name of its own. */
let written = 0;

async function writeGroups(groups: readonly WeightGroup[]): Promise<Uint8Array> {
  const { default: hdf5 } = await import('h5wasm');
  const { FS } = await hdf5.ready;
  const path = `weights-${++written}.h5`;
  const file = new hdf5.File(path, 'w');
  const made = new Set<string>();
  for (const { path: group, tensors } of groups) {
    group.split('/').forEach((_, i, parts) => {
      const above = parts.slice(0, i + 1).join('/');
      if (!made.has(above)) file.create_group(above);
      made.add(above);
    });
    tensors.forEach(({ shape, values }, i) => {
      file.create_dataset({
        name: `${group}/${i}`,
        data: Float32Array.from(values),
        shape: [...shape],
        dtype: '<f4',
      });
    });
  }
  file.flush();
  file.close();
  const bytes = FS.readFile(path) as Uint8Array;
  FS.unlink(path);
  checkWritten(bytes, groups);
  return bytes;
}

/** The library prints its errors and goes on. @throws Error when something was not written. */
function checkWritten(bytes: Uint8Array, groups: readonly WeightGroup[]): void {
  const root = openHdf5(bytes, 'the written weights');
  for (const { path, tensors } of groups) {
    if (tensors.every((_, i) => root.tensor(`${path}/${i}`))) continue;
    throw new Error(`h5wasm did not write the weights of ${path}.`);
  }
}
