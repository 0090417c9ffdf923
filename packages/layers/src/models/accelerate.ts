import { LayersModel, type layers } from '@tensorflow/tfjs-layers';
import {
  camelCase,
  type Description,
  type LeftLayer,
  mapToSluice,
  type ReplacedLayer,
} from './class-mapping.js';
import { copyOptimizer } from './copy-optimizer.js';

/** What `accelerate` did. Its text is a table. */
export class Acceleration {
  constructor(
    /** The layers that are Sluice's now, with the classes before and after. */
    readonly replaced: readonly ReplacedLayer[],
    /** The recurrent layers that stay TensorFlow.js's, with the reason. */
    readonly left: readonly LeftLayer[],
  ) {}

  toString(): string {
    const lines = [
      ...this.replaced.map(({ name, from, to }) => `${name}: ${from} → ${to}`),
      ...this.left.map(({ name, className, reason }) => `${name}: ${className} stays, since ${reason}`),
    ];
    return lines.length > 0 ? lines.join('\n') : 'The model has no recurrent layer and no embedding.';
  }
}

/** A model with Sluice's layers. */
export type Accelerated<Model extends LayersModel> = Model & { readonly acceleration: Acceleration };

/**
 * The same model with Sluice's layers in place of TensorFlow.js's GRU, LSTM, SimpleRNN, Bidirectional, RNN of one such cell and
 * Embedding, also in nested models: same names, same weights, same numbers. It has copies of the weights and, if it was
 * compiled, of the optimizer with its state, the loss and the metrics. The given model does not change; dispose it when you need
 * it no more. States of stateful layers start from zeros.
 *
 * @returns the model; its `acceleration` lists which layers were replaced, and which were left and why.
 * @throws TypeError when it is no LayersModel, Error when it has a layer whose class is not registered.
 */
export function accelerate<Model extends LayersModel>(model: Model): Accelerated<Model> {
  checkModel(model);
  const config = model.getConfig() as unknown as Description;
  const { description, replaced, left } = mapToSluice(
    { className: model.getClassName(), config: structuredCloneOf(config) },
    camelCase,
  );
  const fast = restore(model, description.config as Description);
  copyWeights(model, fast);
  if (model.optimizer != null) {
    fast.compile({
      optimizer: copyOptimizer(model.optimizer),
      loss: model.loss,
      ...(model.metrics && { metrics: model.metrics }),
    });
    // The copy belongs to the model, so `dispose` frees it.
    (fast as unknown as { isOptimizerOwned: boolean }).isOptimizerOwned = true;
  }
  return Object.assign(fast, { acceleration: new Acceleration(replaced, left) });
}

function checkModel(model: unknown): asserts model is LayersModel {
  if (model instanceof LayersModel) return;
  const isGraph = typeof (model as { executeAsync?: unknown } | null)?.executeAsync === 'function';
  throw new TypeError(
    isGraph
      ? 'accelerate takes a LayersModel, but was given a GraphModel, which holds operations and no layers. ' +
          'Convert its source with --output_format=tfjs_layers_model, or load the Keras or ONNX file with loadModel.'
      : `accelerate takes a LayersModel, such as tf.sequential() or loadLayersModel() make, but was given ${model === null ? 'null' : typeof model}.`,
  );
}

/** A deep copy: a model's constructor changes the configuration that it is given. */
const structuredCloneOf = (config: Description): Description => JSON.parse(JSON.stringify(config));

type ModelClass<Model> = {
  fromConfig(cls: unknown, config: Description, customObjects: object, fastWeightInit: boolean): Model;
};

function restore<Model extends LayersModel>(model: Model, config: Description): Model {
  const Class = model.constructor as unknown as ModelClass<Model>;
  try {
    return Class.fromConfig(Class, config, {}, true);
  } catch (error) {
    const [, unknown] = /Unknown layer: (\w+)/.exec((error as Error).message) ?? [];
    if (!unknown) throw error;
    throw new Error(
      `accelerate: the model has a layer of the class ${unknown}, which is not registered. Call tf.serialization.registerClass with it first.`,
      { cause: error },
    );
  }
}

/** Copies weights and `trainable` layer by layer. */
function copyWeights(from: LayersModel, to: LayersModel): void {
  const targets = new Map(to.layers.map((layer) => [layer.name, layer]));
  for (const layer of from.layers) {
    const target = targets.get(layer.name) as layers.Layer;
    if (layer instanceof LayersModel) copyWeights(layer, target as LayersModel);
    else if (layer.weights.length > 0) target.setWeights(layer.getWeights());
    target.trainable = layer.trainable;
  }
  to.trainable = from.trainable;
}
