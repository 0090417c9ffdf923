/** The report of which layers became Sluice's. */
import { LayersModel, type layers } from '@tensorflow/tfjs-layers';
import { mayHaveMask, outputsMask } from '../layers/masks.js';

/** A layer that Sluice replaced. */
export interface ReplacedLayer {
  /** The layer's name, with those of the models around it: `encoder/gru_1`. */
  readonly name: string;
  /** TensorFlow.js's class. */
  readonly from: string;
  /** Sluice's class. */
  readonly to: string;
  /** Where its numbers can differ: in training, or for padded sequences. */
  readonly difference?: string;
}

/** A recurrent layer, or one of the user's own class, that stays as it is. */
export interface LeftLayer {
  readonly name: string;
  readonly className: string;
  readonly reason: string;
}

/** What `accelerate` did. Its text is a table. */
export class Acceleration {
  constructor(
    /** The layers that are Sluice's now, with the classes before and after. */
    readonly replaced: readonly ReplacedLayer[],
    /** The recurrent layers, and those of your own classes, that stay as they are, with the reason. */
    readonly left: readonly LeftLayer[],
  ) {}

  toString(): string {
    const lines = [
      ...this.replaced.map(
        ({ name, from, to, difference }) => `${name}: ${from} → ${to}${difference ? `; ${difference}` : ''}`,
      ),
      ...this.left.map(({ name, className, reason }) => `${name}: ${className} stays, since ${reason}`),
    ];
    return lines.length > 0 ? lines.join('\n') : 'The model has no recurrent layer and no embedding.';
  }
}

/** A model with Sluice's layers. */
export type Accelerated<Model extends LayersModel> = Model & { readonly acceleration: Acceleration };

/** The model that a layer is, or that it applies to every time step. */
function modelIn(layer: layers.Layer): LayersModel | undefined {
  const inner =
    layer.getClassName() === 'TimeDistributed' ? (layer as unknown as { layer: layers.Layer }).layer : layer;
  return inner instanceof LayersModel ? inner : undefined;
}

/** All layers of a model that are no models, by their paths. */
export function leavesOf(model: LayersModel, scope = ''): [path: string, layer: layers.Layer][] {
  return model.layers.flatMap((layer): [string, layers.Layer][] => {
    const path = scope + layer.name;
    const inner = modelIn(layer);
    return inner ? leavesOf(inner, `${path}/`) : [[path, layer]];
  });
}

/** Notes the layers to which TensorFlow.js may pass the mask of another layer. */
export function noteMasks(replaced: readonly ReplacedLayer[], model: LayersModel): ReplacedLayer[] {
  const leaves = new Map(leavesOf(model));
  if (![...leaves.values()].some(outputsMask)) return [...replaced];
  return replaced.map((layer) => {
    const found = leaves.get(layer.name);
    if (layer.to === 'SluiceEmbedding' || !found || mayHaveMask(found)) return layer;
    const note = 'it ignores masks of other layers, which TensorFlow.js may pass to it';
    return { ...layer, difference: layer.difference ? `${layer.difference}, ${note}` : note };
  });
}

/** @throws TypeError when an argument of a function is no LayersModel. */
export function checkModel(model: unknown, caller: string): asserts model is LayersModel {
  if (model instanceof LayersModel) return;
  const isGraph = typeof (model as { executeAsync?: unknown } | null)?.executeAsync === 'function';
  throw new TypeError(
    isGraph
      ? `${caller} takes a LayersModel, but was given a GraphModel, which holds operations and no layers. ` +
          'Convert its source with --output_format=tfjs_layers_model, or load the Keras or ONNX file with loadModel.'
      : `${caller} takes a LayersModel, such as tf.sequential() or loadLayersModel() make, but was given ${model === null ? 'null' : typeof model}.`,
  );
}
