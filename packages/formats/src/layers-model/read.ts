/** TensorFlow.js's layers format: `model.json` and files of weights beside it. */
import { FormatError } from '../bytes/format-error.js';
import { joinBytes } from '../bytes/join.js';
import {
  isRecord,
  type JsonRecord,
  parseJson,
  requireArray,
  requireRecord,
  requireText,
} from '../bytes/json.js';
import type { OpenedSource } from '../bytes/source.js';
import type { KerasObject, ModelFile } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { canonicalTopology, isKeras3 } from '../keras/layer-classes.js';
import { isModelDescription, leavesOf } from '../keras/topology.js';
import { layersOf } from '../keras/weighted-layers.js';
import { decodeGroup, isGroup, readEntry } from './weights.js';

/** Reads `model.json` and the files of weights beside it. */
export async function read(source: OpenedSource): Promise<ModelFile> {
  const { name: file } = source;
  const json = requireRecord(parseJson(source.bytes, file), file, 'the file');
  const topology = await fromAnyKeras(json, findTopology(json, file), file);
  const { tensors, optimizer } = await readWeights(source, json.weightsManifest);
  const by = [json.generatedBy, json.convertedBy].filter((text) => typeof text === 'string');
  return {
    format: 'layers-model',
    ...(by.length > 0 && { producer: by.join(', ') }),
    ...assemble(topology, tensors, isOfTensorFlowJs(json), file),
    notes: optimizer > 0 ? [`${optimizer} arrays of the optimizer's state are left out.`] : [],
  };
}

/** The layers of a topology with their weights. */
export function assemble(
  topology: KerasObject,
  tensors: readonly FileTensor[],
  repeatsPadded: boolean,
  file: string,
) {
  const canonical = canonicalTopology(topology, repeatsPadded, file);
  const assigned = assignWeights(canonical, tensors, file);
  return {
    topology: canonical,
    layers: layersOf(canonical, (path) => assigned.get(path) ?? [], file),
    tensors,
  };
}

/** Whether TensorFlow.js itself made the model. Old versions and own save handlers leave out `generatedBy`. */
function isOfTensorFlowJs({ modelTopology, generatedBy }: JsonRecord): boolean {
  if (!isRecord(modelTopology) || modelTopology.model_config !== undefined) return false;
  return (
    /^tfjs-layers/.test(String(modelTopology.keras_version)) || /TensorFlow\.js/.test(String(generatedBy))
  );
}

/** The description of the model. @throws FormatError for a GraphModel, or weights alone. */
function findTopology(json: JsonRecord, file: string): KerasObject {
  const { modelTopology } = json;
  if (json.format === 'graph-model' || (isRecord(modelTopology) && Array.isArray(modelTopology.node))) {
    throw new FormatError(
      `${file}: this is a GraphModel, which holds operations and no layers. Convert its source with ` +
        '--output_format=tfjs_layers_model, or give the Keras or ONNX file itself.',
    );
  }
  const given = isRecord(modelTopology) ? (modelTopology.model_config ?? modelTopology) : modelTopology;
  if (isModelDescription(given)) return given;
  throw new FormatError(`${file}: modelTopology must describe a model with class_name and config.`);
}

/** The converter leaves a description of Keras 3 as it is. */
async function fromAnyKeras(json: JsonRecord, topology: KerasObject, file: string): Promise<KerasObject> {
  const version = isRecord(json.modelTopology) ? json.modelTopology.keras_version : undefined;
  if (!isKeras3(version)) return topology;
  const { fromKeras3 } = await import('../keras/keras3-config.js');
  return fromKeras3(topology, true, file);
}

/** The weights of a manifest, those of the optimizer counted and left out. */
export async function readWeights(
  source: OpenedSource,
  manifest: unknown,
): Promise<{ tensors: FileTensor[]; optimizer: number }> {
  const { name: file } = source;
  const tensors: FileTensor[] = [];
  let optimizer = 0;
  for (const group of requireArray(manifest, file, 'weightsManifest')) {
    if (!isGroup(group)) {
      throw new FormatError(`${file}: a group of weightsManifest must have paths and weights.`);
    }
    const entries = group.weights.map((entry) => readEntry(entry, file));
    const parts: Uint8Array[] = [];
    for (const path of group.paths) {
      parts.push(await source.sibling(requireText(path, file, 'a path of weightsManifest')));
    }
    const decoded = decodeGroup(entries, joinBytes(parts), file);
    decoded.forEach((tensor, i) => {
      if (entries[i].isOptimizer) optimizer++;
      else tensors.push(tensor);
    });
  }
  return { tensors, optimizer };
}

/**
 * The weights of each layer by its path. A weight's name begins with the name of its layer: `gru/kernel`,
 * `gru/gru_cell/kernel`, `bidirectional/forward_gru/gru_cell/kernel`.
 */
function assignWeights(
  topology: KerasObject,
  tensors: readonly FileTensor[],
  file: string,
): Map<string, FileTensor[]> {
  const leaves = leavesOf(topology, file);
  const assigned = new Map<string, FileTensor[]>(leaves.map(({ path }) => [path, []]));
  const paths = new Map<string, string>();
  for (const { path, layer } of leaves) {
    const { name } = layer.config;
    if (typeof name === 'string' && !paths.has(name)) paths.set(name, path);
  }
  for (const { path } of leaves) paths.set(path, path);
  const unknown: string[] = [];
  for (const tensor of tensors) {
    const owner = ownerOf(tensor.name, paths);
    if (owner === undefined) unknown.push(tensor.name);
    else assigned.get(owner)?.push(tensor);
  }
  if (unknown.length === 0) return assigned;
  throw new FormatError(
    `${file}: the weights ${unknown.join(', ')} belong to no layer. The layers are ${leaves.map(({ path }) => path).join(', ')}.`,
  );
}

/** A name with more parts belongs to no layer. */
const MAX_PARTS = 50;

/**
 * The path of the layer that a weight belongs to: the longest known start of its name. Keras 3 puts the names of models before
 * it: `sequential/gru/gru_cell/kernel`.
 * @param paths of layers by their names and by their paths.
 */
function ownerOf(weight: string, paths: ReadonlyMap<string, string>): string | undefined {
  const parts = weight.split('/', MAX_PARTS);
  for (let first = 0; first < parts.length; first++) {
    for (let end = parts.length - 1; end > first; end--) {
      const owner = paths.get(parts.slice(first, end).join('/'));
      if (owner !== undefined) return owner;
    }
  }
  return undefined;
}
