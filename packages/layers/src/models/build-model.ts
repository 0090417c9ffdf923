import { cellFrom } from '@sluice/core';
import type { CellWeights, KerasObject, LayerData, ModelFile } from '@sluice/formats';
import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import {
  type LayersModel,
  type layers,
  loadLayersModel as loadWithTensorFlow,
} from '@tensorflow/tfjs-layers';
import { type Accelerated, Acceleration, leavesOf } from './acceleration.js';
import { mapToSluice } from './class-mapping.js';
import { type Description, snakeCase } from './description.js';
import { refuseOtherMasks } from './keras-masks.js';
import { refuseOtherAxes, refuseUnknownKerasOptions } from './keras-options.js';
import { refuseUnknownClasses } from './known-classes.js';

/**
 * A model with Sluice's layers from the description and the weights of a file.
 * @param file the name of the file, for errors.
 * @throws Error naming all classes of layers and their options that TensorFlow.js does not have, and layers that would not have
 *   the mask that they have in Keras.
 */
export async function buildModel(
  model: ModelFile & { readonly topology: KerasObject },
  file: string,
): Promise<Accelerated<LayersModel>> {
  const isOfKeras = /^keras/.test(model.format);
  const mapping = mapToSluice(model.topology as unknown as Description, snakeCase, isOfKeras);
  refuseUnknownClasses(mapping.description, snakeCase, file);
  refuseUnknownKerasOptions(mapping.description, file);
  const built = await build(mapping.description, file);
  try {
    if (isOfKeras) {
      refuseOtherMasks(built, /^Keras 3/.test(model.producer ?? ''), file);
      refuseOtherAxes(built, file);
    }
    setLayers(built, model.layers, file);
  } catch (error) {
    built.dispose();
    throw error;
  }
  return Object.assign(built, { acceleration: new Acceleration(mapping.replaced, mapping.left) });
}

async function build(description: Description, file: string): Promise<LayersModel> {
  try {
    return await loadWithTensorFlow({ load: async () => ({ modelTopology: description }) });
  } catch (error) {
    const { message } = error as Error;
    const fix = message.startsWith('Not a valid tensor name') ? ADVICE_ON_NAMES : '';
    throw new Error(`${file}: TensorFlow.js cannot make the model: ${message}${fix}`, { cause: error });
  }
}

/** Keras allows any name of a layer. */
const ADVICE_ON_NAMES =
  ". TensorFlow.js allows the letters A to Z and a to z, digits, '-', '_', '.' and '/', and a letter or digit first. " +
  'Rename the layers before you save the model, or build the model with other names and call loadWeights';

/** Sets the weights of a model's layers. */
function setLayers(model: LayersModel, data: readonly LayerData[], file: string): void {
  const leaves = new Map(leavesOf(model));
  const filled = new Set<string>();
  for (const layer of data) {
    const target = leaves.get(layer.name);
    if (!target) throw new Error(`${file}: the model has no layer ${layer.name}.`);
    setLayer(target, layer, file);
    filled.add(layer.name);
  }
  const empty = [...leaves].filter(([path, layer]) => layer.weights.length > 0 && !filled.has(path));
  if (empty.length === 0) return;
  throw new Error(`${file}: it holds no weights for ${empty.map(([path]) => path).join(', ')}.`);
}

/** Sets one layer's weights. @throws Error naming the layer when a shape differs. */
export function setLayer(target: layers.Layer, data: LayerData, file: string): void {
  tidy(() => {
    try {
      target.setWeights(weightsOf(data));
    } catch (error) {
      throw new Error(
        `${file}: the weights of ${data.name} do not fit ${target.name}: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  });
}

/** The weights of a layer in the order of TensorFlow.js. */
export function weightsOf(data: LayerData): Tensor[] {
  if (data.kind === 'other') return data.weights.map(({ values, shape }) => toTensor(values, shape));
  const parameters = cellFrom(data.cell).parameters(data.sizes);
  return data.directions.flatMap(({ weights }: { weights: CellWeights }) =>
    parameters.map(({ name, shape }) => toTensor(weights[name], shape)),
  );
}

const toTensor = (values: ArrayLike<number>, shape: readonly number[]): Tensor =>
  tensor(Float32Array.from(values), [...shape]);
