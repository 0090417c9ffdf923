import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel as loadWithTensorFlow } from '@tensorflow/tfjs-layers';
import { type Accelerated, Acceleration, noteMasks } from './acceleration.js';
import { mapToSluice } from './class-mapping.js';
import { camelCase, type Description, snakeCase } from './description.js';
import { refuseUnknownClasses } from './known-classes.js';

/**
 * Loads a model in TensorFlow.js's layers format, saved by TensorFlow.js, by Sluice or converted from Keras, with Sluice's
 * layers. TensorFlow.js's function of this name keeps its own classes, and fails for a GRU with `reset_after`.
 *
 * @param source a URL of `model.json`, or a handler such as `tf.io.browserFiles([...])`.
 * @param options as TensorFlow.js's function takes them: `strict`, `onProgress`, `weightPathPrefix`, …
 * @returns the model; its `acceleration` lists which layers were replaced, and which were left and why.
 * @throws Error when the model is a GraphModel, has classes that are not registered, or lacks weights.
 */
export async function loadLayersModel(
  source: string | io.IOHandler,
  options: io.LoadOptions = {},
): Promise<Accelerated<LayersModel>> {
  const handler = typeof source === 'string' ? findHandler(source, options) : source;
  if (typeof handler?.load !== 'function') {
    throw new TypeError(
      `loadLayersModel takes a URL or a handler with a load method, but was given ${source === null ? 'null' : typeof source}.`,
    );
  }
  const artifacts = await handler.load().catch((error: Error) => {
    throw new Error(
      `loadLayersModel: ${typeof source === 'string' ? source : 'the model'} cannot be loaded: ${error.message} ` +
        "A file in Node is 'file:///path/model.json' once @sluice/layers/node is imported; loadModel takes a path.",
      { cause: error },
    );
  });
  const topology = artifacts.modelTopology as Description | undefined;
  if (topology === undefined || artifacts.format === 'graph-model' || 'node' in topology) {
    throw new Error(
      topology === undefined
        ? 'loadLayersModel: the file has no "modelTopology". It holds weights only; build the model and call loadWeights.'
        : 'loadLayersModel: this is a GraphModel, which holds operations and no layers. Convert its source with ' +
            '--output_format=tfjs_layers_model, or load the Keras or ONNX file with loadModel.',
    );
  }
  const whole = 'model_config' in topology;
  const model = (whole ? topology.model_config : topology) as Description;
  const spelling = 'className' in model ? camelCase : snakeCase;
  const mapping = mapToSluice(model, spelling);
  refuseUnknownClasses(mapping.description, spelling, 'loadLayersModel');
  const mapped = whole ? { ...topology, model_config: mapping.description } : mapping.description;
  const loaded = await loadWithTensorFlow(
    { load: async () => ({ ...artifacts, modelTopology: mapped }) },
    options,
  ).catch((error: Error) => {
    const version = String(topology.keras_version);
    if (!/^[3-9]/.test(version)) throw error;
    throw new Error(
      `loadLayersModel: TensorFlow.js cannot read this description, which Keras ${version} wrote: ${error.message} loadModel reads it.`,
      { cause: error },
    );
  });
  return Object.assign(loaded, {
    acceleration: new Acceleration(noteMasks(mapping.replaced, loaded), mapping.left),
  });
}

/** The handler for a URL, as TensorFlow.js chooses it. */
function findHandler(url: string, options: io.LoadOptions): io.IOHandler {
  const handlers = io.getLoadHandlers(url, options as never) as io.IOHandler[];
  if (handlers.length > 1) {
    throw new Error(
      `loadLayersModel: ${handlers.length} handlers are registered for ${url}; there must be one.`,
    );
  }
  return handlers[0] ?? io.browserHTTPRequest(url, options);
}
