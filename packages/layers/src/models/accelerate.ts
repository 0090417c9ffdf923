import { engine } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Accelerated, Acceleration, checkModel, noteMasks } from './acceleration.js';
import { mapToSluice } from './class-mapping.js';
import { copyOptimizer } from './copy-optimizer.js';
import { checkSharedWeights, copyWeights } from './copy-weights.js';
import { camelCase, type Description } from './description.js';
import { refuseUnknownClasses } from './known-classes.js';

/**
 * The same model with Sluice's layers in place of TensorFlow.js's GRU, LSTM, SimpleRNN, Bidirectional, RNN of one such cell and
 * Embedding, also in nested models: same names, same weights, same predictions. It has copies of the weights and, if it was
 * compiled, of the optimizer with its state, the loss and the metrics. The given model does not change; dispose it when you need
 * it no more. States of stateful layers start from zeros.
 *
 * @returns the model; its `acceleration` lists which layers were replaced, and which were left and why.
 * @throws TypeError when it is no LayersModel; Error when layers have classes that are not registered, or two layers share weights.
 */
export function accelerate<Model extends LayersModel>(model: Model): Accelerated<Model> {
  checkModel(model, 'accelerate');
  checkSharedWeights(model);
  const config = model.getConfig() as unknown as Description;
  const { description, replaced, left } = mapToSluice(
    { className: model.getClassName(), config: structuredCloneOf(config) },
    camelCase,
  );
  refuseUnknownClasses(description, camelCase, 'accelerate');
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
  const metadata = model.getUserDefinedMetadata();
  if (metadata != null) fast.setUserDefinedMetadata(metadata);
  return Object.assign(fast, { acceleration: new Acceleration(noteMasks(replaced, fast), left) });
}

/** A deep copy: a model's constructor changes the configuration that it is given. */
const structuredCloneOf = (config: Description): Description => JSON.parse(JSON.stringify(config));

type ModelClass<Model> = {
  fromConfig(cls: unknown, config: Description, customObjects: object, fastWeightInit: boolean): Model;
};

function restore<Model extends LayersModel>(model: Model, config: Description): Model {
  const Class = model.constructor as unknown as ModelClass<Model>;
  const { registeredVariables } = engine().state;
  const before = new Set(Object.keys(registeredVariables));
  try {
    return Class.fromConfig(Class, config, {}, true);
  } catch (error) {
    for (const [name, made] of Object.entries(registeredVariables)) if (!before.has(name)) made.dispose();
    throw new Error(
      `accelerate: the model cannot be built from its configuration: ${(error as Error).message} TensorFlow.js cannot save and ` +
        'load it either. The getConfig of a class of your own must return all that its constructor takes.',
      { cause: error },
    );
  }
}
