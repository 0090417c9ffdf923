/** Models as TensorFlow.js's layers format: `model.json` and one file of weights. */
import { FormatError, WHOLE_MODEL } from '../bytes/format-error.js';
import { joinBytes } from '../bytes/join.js';
import type { WriteOptions, WrittenFiles } from '../data/format.js';
import { type KerasObject, type LayerData, type ModelFile, parametersOf } from '../data/layers.js';
import { toSnakeCase } from '../data/names.js';
import type { FileTensor } from '../data/tensor.js';
import { hasMasks, leavesOf, MASKED_AVERAGE, mapLayers } from '../keras/inner-models.js';
import { isKerasObject } from '../keras/topology.js';
import { type EncodedWeight, toFloat16, toSteps } from './encode-weights.js';
import { weightNames } from './weight-names.js';

/**
 * Writes `model.json` and one file of weights. Layers have Keras's class names where Keras has the cell, so plain TensorFlow.js
 * loads the file unless it has a cell that TensorFlow.js lacks: a GRU with `reset_after`, an SRU, a cell of your own. Its
 * Bidirectional repeats outputs at padded steps, also where the model has zeros (`zero_output_for_mask`); Sluice's does not.
 */
export function write(model: ModelFile, options: WriteOptions): WrittenFiles {
  if (!model.topology) {
    throw new FormatError(
      `The layers format describes a whole model, but these are layers alone. ${WHOLE_MODEL}`,
    );
  }
  const name = options.name ?? 'model';
  const leaves = new Map(leavesOf(model.topology, name).map(({ path, layer }) => [path, layer]));
  const ownNames = [...leaves.keys()].map(lastName);
  const weights = model.layers.flatMap((layer) => {
    const own = lastName(layer.name);
    // TensorFlow.js takes the layer's own name, but two models inside may have layers of the same name.
    const scope = ownNames.indexOf(own) === ownNames.lastIndexOf(own) ? own : layer.name;
    return namedTensors(layer, scope, leaves.get(layer.name)).map((tensor) => encode(tensor, options));
  });
  const json = {
    format: 'layers-model',
    generatedBy: '@sluice/formats',
    convertedBy: null,
    modelTopology: withMaskedAverages(model.topology, model.format, name),
    weightsManifest: [{ paths: [`${name}.weights.bin`], weights: weights.map(({ entry }) => entry) }],
  };
  return new Map([
    [`${name}.json`, new TextEncoder().encode(JSON.stringify(json))],
    [`${name}.weights.bin`, joinBytes(weights.map(({ bytes }) => bytes))],
  ]);
}

/** The description with Sluice's layer for Keras's GlobalAveragePooling1D, if steps may be padded. */
function withMaskedAverages(topology: KerasObject, format: string, name: string): KerasObject {
  if (!format.startsWith('keras') || !hasMasks(topology)) return topology;
  const change = (layer: KerasObject): KerasObject =>
    layer.class_name === 'GlobalAveragePooling1D' ? { ...layer, class_name: MASKED_AVERAGE } : layer;
  return mapLayers(topology, change, name);
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The tensors of a layer with TensorFlow.js's names. @param description of the layer in the topology. */
function namedTensors(
  layer: LayerData,
  own: string,
  description: KerasObject | undefined,
): Pick<FileTensor, 'name' | 'shape' | 'values'>[] {
  if (layer.kind === 'other') {
    const names = weightNames(layer, description);
    return layer.weights.map(({ shape, values }, i) => ({ name: `${own}/${names[i]}`, shape, values }));
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
    const halves = toFloat16(values, name);
    return {
      entry: { ...entry, quantization: { dtype: 'float16', original_dtype: 'float32' } },
      bytes: bytesOf(halves),
    };
  }
  if (quantize === 'int8') {
    const { bytes, scale, min } = toSteps(values, name);
    return {
      entry: { ...entry, quantization: { dtype: 'uint8', scale, min, original_dtype: 'float32' } },
      bytes,
    };
  }
  return { entry, bytes: bytesOf(Float32Array.from(values)) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
