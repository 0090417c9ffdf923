/** TensorFlow.js's layers format: `model.json` and files of weights beside it. */
import { FormatError } from '../bytes/format-error.js';
import {
  isRecord,
  type JsonRecord,
  parseJson,
  requireArray,
  requireRecord,
  requireText,
} from '../bytes/json.js';
import type { OpenedSource } from '../bytes/source.js';
import type { WriteOptions, WrittenFiles } from '../data/format.js';
import { type KerasObject, type LayerData, type ModelFile, parametersOf } from '../data/layers.js';
import { toSnakeCase } from '../data/names.js';
import { encodeFloat16, type FileTensor } from '../data/tensor.js';
import { isKerasObject } from '../keras/layer-classes.js';
import { canonicalTopology, isModelDescription, layersOf, leavesOf } from '../keras/topology.js';
import { decodeGroup, type EncodedWeight, isGroup, quantizeToBytes, readEntry } from './weights.js';

/** Reads `model.json` and the files of weights beside it. */
export async function read(source: OpenedSource): Promise<ModelFile> {
  const { name: file } = source;
  const json = requireRecord(parseJson(source.bytes, file), file, 'the file');
  const topology = findTopology(json, file);
  const { tensors, optimizer } = await readWeights(source, json.weightsManifest);
  const by = [json.generatedBy, json.convertedBy].filter((text) => typeof text === 'string');
  const repeatsPadded = by.some((text) => /TensorFlow\.js/.test(text as string)) && !isConverted(json);
  return {
    format: 'layers-model',
    ...(by.length > 0 && { producer: by.join(', ') }),
    ...assemble(topology, tensors, repeatsPadded, file),
    notes: optimizer > 0 ? [`${optimizer} arrays of the optimizer's state are left out.`] : [],
  };
}

/**
 * A model in memory as plain data.
 * @param topology as TensorFlow.js's `save` gives it.
 * @param weightSpecs the manifest of the weights.
 * @param weightData their bytes.
 */
export function describeModel(
  topology: KerasObject,
  weightSpecs: readonly object[],
  weightData: Uint8Array,
): ModelFile {
  const file = 'the model';
  const entries = weightSpecs.map((entry) => readEntry(entry, file));
  const tensors = decodeGroup(entries, weightData, file);
  return { format: 'layers-model', ...assemble(topology, tensors, true, file), notes: [] };
}

function assemble(
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

const isConverted = (json: JsonRecord): boolean =>
  isRecord(json.modelTopology) && json.modelTopology.model_config !== undefined;

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
    const decoded = decodeGroup(entries, join(parts), file);
    decoded.forEach((tensor, i) => {
      if (entries[i].isOptimizer) optimizer++;
      else tensors.push(tensor);
    });
  }
  return { tensors, optimizer };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
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
  const ownNames = leaves.map(({ path, layer }) => {
    const { name } = layer.config;
    return { path, name: typeof name === 'string' ? name : path };
  });
  const unknown: string[] = [];
  for (const tensor of tensors) {
    const owners = ownNames
      .filter(({ name, path }) => [name, path].some((start) => tensor.name.startsWith(`${start}/`)))
      .sort((a, b) => b.name.length - a.name.length);
    if (owners.length === 0) unknown.push(tensor.name);
    else assigned.get(owners[0].path)?.push(tensor);
  }
  if (unknown.length === 0) return assigned;
  throw new FormatError(
    `${file}: the weights ${unknown.join(', ')} belong to no layer. The layers are ${leaves.map(({ path }) => path).join(', ')}.`,
  );
}

/**
 * Writes `model.json` and one file of weights. Layers have Keras's class names where Keras has the cell, so plain TensorFlow.js
 * loads the file unless it has a cell that TensorFlow.js lacks: a GRU with `reset_after`, an SRU, a cell of your own.
 */
export function write(model: ModelFile, options: WriteOptions): WrittenFiles {
  if (!model.topology) {
    throw new FormatError(
      'The layers format describes a whole model, but these are layers alone. Build the model and load the weights into it first.',
    );
  }
  const name = options.name ?? 'model';
  const leaves = new Map(leavesOf(model.topology, name).map(({ path, layer }) => [path, layer]));
  const weights = model.layers.flatMap((layer) =>
    namedTensors(layer, leaves.get(layer.name)).map((tensor) => encode(tensor, options)),
  );
  const json = {
    format: 'layers-model',
    generatedBy: '@sluice/formats',
    convertedBy: null,
    modelTopology: model.topology,
    weightsManifest: [{ paths: [`${name}.weights.bin`], weights: weights.map(({ entry }) => entry) }],
  };
  return new Map([
    [`${name}.json`, new TextEncoder().encode(JSON.stringify(json))],
    [`${name}.weights.bin`, join(weights.map(({ bytes }) => bytes))],
  ]);
}

/** The tensors of a layer with TensorFlow.js's names. @param description of the layer in the topology. */
function namedTensors(
  layer: LayerData,
  description: KerasObject | undefined,
): Pick<FileTensor, 'name' | 'shape' | 'values'>[] {
  const own = layer.name.split('/').at(-1) as string;
  if (layer.kind === 'other') {
    return layer.weights.map(({ name, shape, values }) => ({
      name: `${own}/${name.split('/').at(-1)}`,
      shape,
      values,
    }));
  }
  const wrapped = description?.config.layer;
  const inner = isKerasObject(wrapped) ? wrapped.config.name : undefined;
  const scopes =
    layer.directions.length === 1 ? [own] : ['forward', 'backward'].map((way) => `${own}/${way}_${inner}`);
  return layer.directions.flatMap(({ weights }, i) =>
    parametersOf(layer).map(({ name, shape }) => ({
      name: `${scopes[i]}/${toSnakeCase(name)}`,
      shape,
      values: weights[name],
    })),
  );
}

function encode(
  tensor: Pick<FileTensor, 'name' | 'shape' | 'values'>,
  { quantize }: WriteOptions,
): EncodedWeight {
  const { name, shape, values } = tensor;
  if (values instanceof Int32Array) {
    return { entry: { name, shape, dtype: 'int32' }, bytes: bytesOf(values) };
  }
  const entry = { name, shape, dtype: 'float32' };
  if (quantize === 'float16') {
    const halves = Uint16Array.from(values, encodeFloat16);
    return {
      entry: { ...entry, quantization: { dtype: 'float16', original_dtype: 'float32' } },
      bytes: bytesOf(halves),
    };
  }
  if (quantize === 'int8') {
    const { bytes, scale, min } = quantizeToBytes(values);
    return {
      entry: { ...entry, quantization: { dtype: 'uint8', scale, min, original_dtype: 'float32' } },
      bytes,
    };
  }
  return { entry, bytes: bytesOf(Float32Array.from(values)) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
