import { type ReadOptions, readModel, type Source } from '@sluice/formats';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Accelerated } from './acceleration.js';
import { buildModel } from './build-model.js';

/**
 * Loads a model file of any format that describes a whole model, with Sluice's layers: `.keras`, Keras's `.h5`, TensorFlow.js's
 * `model.json`. The optimizer's state is left out; `loadLayersModel` keeps that of a `model.json`.
 *
 * @param source a path (Node), a URL, a `File`, all `File`s of a model in several files, or bytes.
 * @returns the model; its `acceleration` lists the layers that are Sluice's.
 * @throws FormatError when the file is damaged; Error when it holds weights only, or has layers that TensorFlow.js lacks.
 */
export async function loadModel(
  source: Source,
  options: ReadOptions = {},
): Promise<Accelerated<LayersModel>> {
  const model = await readModel(source, options);
  const { topology, layers } = model;
  const file = describeSource(source);
  if (!topology) {
    throw new Error(
      `${file}: it holds weights, but no description of the model. Build the model, then call loadWeights(model, source). ` +
        `The layers in it are ${layers.map(({ name }) => name).join(', ')}.`,
    );
  }
  return buildModel({ ...model, topology }, file);
}

/** The name of a source for messages. */
export function describeSource(source: Source): string {
  if (typeof source === 'string' || source instanceof URL)
    return String(source).split(/[\\/]/).at(-1) ?? 'the file';
  const first = Array.isArray(source) ? source[0] : source;
  return typeof (first as File)?.name === 'string' ? (first as File).name : 'the bytes';
}
