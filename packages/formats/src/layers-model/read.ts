/** TensorFlow.js's layers format: `model.json` and files of weights beside it. */
import { FormatError } from '../bytes/format-error.js';
import { joinBytes } from '../bytes/join.js';
import { parseJson, requireArray, requireRecord, requireText } from '../bytes/json.js';
import { isRecord, type JsonRecord } from '../bytes/record.js';
import type { OpenedSource } from '../bytes/source.js';
import type { KerasObject, MakeCell, ModelFile } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { canonicalTopology, isKeras3 } from '../keras/canonical-topology.js';
import { leavesOf } from '../keras/inner-models.js';
import { kerasClasses, type LayerClasses } from '../keras/layer-classes.js';
import { isModelDescription, layerName } from '../keras/topology.js';
import { layersOf } from '../keras/weighted-layers.js';
import { decodeGroup, readEntry } from './weights.js';

/** Reads `model.json` and the files of weights beside it. */
export async function readWith(makeCell: MakeCell, source: OpenedSource): Promise<ModelFile> {
  const { name: file } = source;
  const json = requireRecord(parseJson(source.bytes, file), file, 'the file');
  const [described, version, isOfTensorFlowJs] = findTopology(json, file);
  // The converter leaves a description of Keras 3 as it is.
  const topology = isKeras3(version)
    ? (await import('../keras/other-classes.js')).fromKeras3(described, true, file)
    : described;
  const { tensors, optimizer } = await readWeights(source, json.weightsManifest);
  const by = [json.generatedBy, json.convertedBy].filter((text) => typeof text === 'string');
  return {
    format: 'layers-model',
    ...(by.length > 0 && { producer: by.join(', ') }),
    ...(await assemble(topology, tensors, { makeCell, repeatsPadded: isOfTensorFlowJs, file })),
    notes: optimizer > 0 ? [`${optimizer} arrays of the optimizer's state are left out.`] : [],
  };
}

/** The classes that a model needs: most have Keras's alone. */
const classesOf = async (topology: KerasObject): Promise<LayerClasses> =>
  /"(Sluice|CuDNN)/.test(JSON.stringify(topology))
    ? (await import('../keras/other-classes.js')).allClasses
    : kerasClasses;

/** The layers of a topology with their weights. */
export async function assemble(
  topology: KerasObject,
  tensors: readonly FileTensor[],
  { makeCell, repeatsPadded, file }: { makeCell: MakeCell; repeatsPadded: boolean; file: string },
) {
  const classes = await classesOf(topology);
  const canonical = canonicalTopology(topology, classes, repeatsPadded, file);
  const assigned = assignWeights(canonical, tensors, file);
  return {
    topology: canonical,
    layers: layersOf(canonical, (path) => assigned.get(path) ?? [], { classes, makeCell, file }),
    tensors,
  };
}

/**
 * The description of the model, the version of Keras, and whether TensorFlow.js itself made the model. Old versions and own save
 * handlers leave out `generatedBy`.
 * @throws FormatError for a GraphModel, or weights alone.
 */
function findTopology({ modelTopology, generatedBy, format }: JsonRecord, file: string) {
  const whole = isRecord(modelTopology) ? modelTopology : {};
  if (format === 'graph-model' || Array.isArray(whole.node)) {
    throw new FormatError(
      `${file}: this is a GraphModel, which holds operations and no layers. Convert its source with ` +
        '--output_format=tfjs_layers_model, or give the Keras or ONNX file itself.',
    );
  }
  const { model_config: inner, keras_version: version } = whole;
  const described = inner ?? whole;
  if (!isModelDescription(described)) {
    throw new FormatError(`${file}: modelTopology must describe a model with class_name and config.`);
  }
  const isOfTensorFlowJs =
    inner === undefined &&
    (/^tfjs-layers/.test(String(version)) || /TensorFlow\.js/.test(String(generatedBy)));
  return [described, version, isOfTensorFlowJs] as const;
}

/** The weights of a manifest, those of the optimizer counted and left out. */
export async function readWeights(
  source: OpenedSource,
  manifest: unknown,
): Promise<{ tensors: FileTensor[]; optimizer: number }> {
  const { name: file } = source;
  const tensors: FileTensor[] = [];
  let optimizer = 0;
  for (const value of requireArray(manifest, file, 'weightsManifest')) {
    const group = requireRecord(value, file, 'a group of weightsManifest');
    const weights = requireArray(group.weights, file, 'weights of weightsManifest');
    const entries = weights.map((entry) => readEntry(entry, file));
    const parts: Uint8Array[] = [];
    for (const path of requireArray(group.paths, file, 'paths of weightsManifest')) {
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
 * The weights of each layer by its path and by its name. A weight's name begins with the name of its layer: `gru/kernel`,
 * `gru/gru_cell/kernel`, `bidirectional/forward_gru/gru_cell/kernel`.
 */
function assignWeights(
  topology: KerasObject,
  tensors: readonly FileTensor[],
  file: string,
): Map<string, FileTensor[]> {
  const leaves = leavesOf(topology, file);
  const owners = new Map(leaves.map(({ path }) => [path, [] as FileTensor[]]));
  for (const { path, layer } of leaves) {
    const name = layerName(layer);
    if (!owners.has(name)) owners.set(name, owners.get(path) as FileTensor[]);
  }
  const unknown: FileTensor[] = [];
  for (const tensor of tensors) (ownerOf(tensor.name, owners) ?? unknown).push(tensor);
  if (unknown.length === 0) return owners;
  throw new FormatError(
    `${file}: the weights ${unknown.map(({ name }) => name).join(', ')} belong to no layer. The layers are ${leaves.map(({ path }) => path).join(', ')}.`,
  );
}

/** A name with more parts belongs to no layer. */
const MAX_PARTS = 50;

/**
 * The layer that a weight belongs to: the one with the longest known start of its name. Keras 3 puts the names of models before
 * it: `sequential/gru/gru_cell/kernel`.
 */
function ownerOf<Owner>(weight: string, owners: ReadonlyMap<string, Owner>): Owner | undefined {
  const parts = weight.split('/', MAX_PARTS);
  for (let first = 0; first < parts.length; first++) {
    for (let end = parts.length - 1; end > first; end--) {
      const owner = owners.get(parts.slice(first, end).join('/'));
      if (owner !== undefined) return owner;
    }
  }
  return undefined;
}
