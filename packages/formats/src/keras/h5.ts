/** Keras's HDF5 files: whole models and weights, of Keras 2 and 3. */
import { cellFrom } from '@sluice/core';
import { decodeText } from '../bytes/byte-reader.js';
import { FormatError } from '../bytes/format-error.js';
import { parseJson } from '../bytes/json.js';
import type { OpenedSource } from '../bytes/source.js';
import type { KerasObject, LayerData, ModelFile } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { canonicalTopology, isKeras3 } from './canonical-topology.js';
import { type Hdf5Group, openHdf5 } from './hdf5.js';
import { ASSUMED_OPTIONS, inferLayer, requireLayers } from './infer-layers.js';
import { modelIn } from './inner-models.js';
import { notesOn } from './keras-notes.js';
import { fromKeras3 } from './keras3-config.js';
import { allClasses } from './sluice-classes.js';
import { childLayers, isModelDescription, layerName } from './topology.js';
import { readVariables, variablesOf } from './variables.js';
import { layersOf } from './weighted-layers.js';

/** Reads a `.h5` file: a whole model, or weights alone. */
export function read({ bytes, name: file }: OpenedSource): ModelFile {
  const root = openHdf5(bytes, file);
  const version = root.text('keras_version');
  const producer = version === undefined ? {} : { producer: `Keras ${version}` };
  const description = root.text('model_config');
  if (description !== undefined) {
    return { format: 'keras-h5', ...producer, ...readWhole(root, description, version, file) };
  }
  if (root.texts('layer_names')) {
    const groups = readGroups(root, file);
    const layers = [...groups].flatMap(([name, weights]) => inferLayer(name, weights, file) ?? []);
    return {
      format: 'keras-h5',
      ...producer,
      layers: requireLayers(layers, file),
      tensors: [...groups.values()].flat(),
      notes: [ASSUMED_OPTIONS],
    };
  }
  return { format: 'keras-h5', ...producer, ...readVariableGroups(root, file) };
}

function readWhole(root: Hdf5Group, text: string, version: string | undefined, file: string) {
  const json = parseJson(new TextEncoder().encode(text), file);
  if (!isModelDescription(json)) throw new FormatError(`${file}: its model_config describes no model.`);
  const topology = canonicalTopology(fromKeras3(json, isKeras3(version), file), allClasses, false, file);
  const weights = root.child('model_weights');
  if (!weights) throw new FormatError(`${file}: it describes a model, but holds no weights.`);
  const groups = readGroups(weights, file);
  const assigned = assignGroups(topology, groups, file);
  return {
    topology,
    layers: layersOf(topology, (path) => assigned.get(path) ?? [], {
      classes: allClasses,
      makeCell: cellFrom,
      file,
    }),
    tensors: [...groups.values()].flat(),
    notes: [
      ...(root.child('optimizer_weights') ? ["The optimizer's state is left out."] : []),
      ...notesOn(json, topology, file),
    ],
  };
}

/** The weights of each group by its name, in Keras's order. */
function readGroups(parent: Hdf5Group, file: string): Map<string, FileTensor[]> {
  const names = parent.texts('layer_names') ?? [];
  return new Map(
    names.map((name) => {
      const group = parent.child(name);
      const tensors = (group?.texts('weight_names') ?? []).map((path) => {
        const tensor = group?.tensor(path);
        if (!tensor) throw new FormatError(`${file}: the weights ${path} of ${name} are missing.`);
        return tensor;
      });
      return [name, tensors];
    }),
  );
}

/**
 * The weights of each layer by its path. The group of a model inside holds the weights of all its layers: the trained ones of
 * all, then the others of all. Their names tell the layers apart.
 */
function assignGroups(
  outer: KerasObject,
  groups: ReadonlyMap<string, readonly FileTensor[]>,
  file: string,
): Map<string, readonly FileTensor[]> {
  const assigned = new Map<string, readonly FileTensor[]>();
  for (const layer of childLayers(outer, file)) {
    const name = layerName(layer);
    const weights = groups.get(name) ?? [];
    const model = modelIn(layer);
    if (!model) {
      assigned.set(name, weights);
      continue;
    }
    const inner = new Map<string, FileTensor[]>();
    const children = childLayers(model, file).map(layerName);
    for (const tensor of weights) {
      const parts = tensor.name.split('/');
      const owner = children
        .filter((child) => parts.includes(child))
        .sort((a, b) => parts.indexOf(b) - parts.indexOf(a))[0];
      if (owner === undefined) {
        throw new FormatError(`${file}: the weights ${tensor.name} belong to no layer of ${name}.`);
      }
      inner.set(owner, [...(inner.get(owner) ?? []), tensor]);
    }
    for (const [path, tensors] of assignGroups(model, inner, file)) assigned.set(`${name}/${path}`, tensors);
  }
  return assigned;
}

/** A file of Keras 3's `save_weights`. */
function readVariableGroups(root: Hdf5Group, file: string) {
  const variables = readVariables(root);
  const layers: LayerData[] = variables.flatMap(({ path, tensors }) => inferLayer(path, tensors, file) ?? []);
  return {
    layers: requireLayers(layers, file),
    tensors: variables.flatMap(({ tensors }) => tensors),
    notes: [ASSUMED_OPTIONS],
  };
}

/** Reads the parts of a `.keras` archive. */
export function readArchive(parts: ReadonlyMap<string, Uint8Array>, file: string): ModelFile {
  const part = (name: string): Uint8Array => {
    const bytes = parts.get(name);
    if (bytes) return bytes;
    throw new FormatError(`${file}: ${name} is missing in the archive.`);
  };
  const metadata = parseJson(part('metadata.json'), file) as { keras_version?: string } | null;
  const version = metadata?.keras_version;
  const json = parseJson(new TextEncoder().encode(decodeText(part('config.json'), file)), file);
  if (!isModelDescription(json)) throw new FormatError(`${file}: its config.json describes no model.`);
  const ofKeras3 = version === undefined || isKeras3(version);
  const topology = canonicalTopology(fromKeras3(json, ofKeras3, file), allClasses, false, file);
  const root = openHdf5(part('model.weights.h5'), file);
  const assigned = variablesOf(topology, root, file);
  return {
    format: 'keras',
    ...(version !== undefined && { producer: `Keras ${version}` }),
    topology,
    layers: layersOf(topology, (path) => assigned.get(path) ?? [], {
      classes: allClasses,
      makeCell: cellFrom,
      file,
    }),
    tensors: [...assigned.values()].flat(),
    notes: [
      ...(root.child('optimizer') ? ["The optimizer's state is left out."] : []),
      ...notesOn(json, topology, file),
    ],
  };
}
