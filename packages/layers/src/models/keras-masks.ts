/** Where a mask of a Keras model does not reach the layers of TensorFlow.js that it reaches in Keras. */
import { LayersModel, type layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { Bidirectional } from '../layers/bidirectional.js';
import { MaskedAverage } from '../layers/masked-average.js';
import { RecurrentLayer } from '../layers/recurrent-layer.js';
import { isOwnClass } from './known-classes.js';

/** A mask as a formula: `words ≠ 0` for the steps at which the output of layer `words` is not zero. Null for no mask. */
type Mask = string | null;

/** The mask of one tensor. */
interface Masks {
  readonly inKeras: Mask;
  readonly inTensorFlow: Mask;
}

const NONE: Masks = { inKeras: null, inTensorFlow: null };

const both = (mask: Mask): Masks => ({ inKeras: mask, inTensorFlow: mask });

/** Layers that pass the mask of their input on in Keras. TensorFlow.js's layers say it by `supportsMasking`. */
const PASSES_ON =
  /^(Dense|Activation|Dropout|SpatialDropout1D|Gaussian(Noise|Dropout)|AlphaDropout|(Layer|Batch)Normalization|ReLU|LeakyReLU|PReLU|ELU|Softmax|Rescaling|TimeDistributed)$/;

const MERGES = /^(Add|Average|Multiply|Maximum|Minimum)$/;

/** Keras 3 replaces the padded steps of their inputs. */
const MERGES_BY_MASK = /^(Multiply|Maximum|Minimum)$/;

/** Layers of TensorFlow.js whose output depends on the mask. */
const RECURRENT = /^(GRU|LSTM|SimpleRNN|RNN|Bidirectional)$/;

/**
 * Checks that every layer that uses a mask has the one that it has in Keras.
 * @param isKeras3 whether Keras 3 wrote the file: it merges masks in another way.
 * @throws Error naming all layers whose numbers would differ.
 */
export function refuseOtherMasks(model: LayersModel, isKeras3: boolean, file: string): void {
  const differences = new Set<string>();
  new MaskTracer(isKeras3, new Map(), '', differences).outputs(model);
  if (differences.size === 0) return;
  throw new Error(
    `${file}: in TensorFlow.js these layers would not have the masks that they have in Keras: ${[...differences].join('; ')}. ` +
      'In Keras, put LeakyReLU, ELU and Softmax into TimeDistributed, the Embedding or Masking outside of inner models, merge ' +
      'sequences of one mask by Add, Average or Concatenate, and save the model again.',
  );
}

class MaskTracer {
  private readonly known = new Map<SymbolicTensor, Masks>();

  constructor(
    private readonly isKeras3: boolean,
    /** The masks of the model's inputs. */
    private readonly inputs: ReadonlyMap<SymbolicTensor, Masks>,
    private readonly scope: string,
    private readonly differences: Set<string>,
  ) {}

  outputs(model: LayersModel): Masks[] {
    return model.outputs.map((tensor) => this.of(tensor));
  }

  private of(tensor: SymbolicTensor): Masks {
    const masks = this.known.get(tensor) ?? this.inputs.get(tensor) ?? this.trace(tensor);
    this.known.set(tensor, masks);
    return masks;
  }

  private trace({ sourceLayer: layer, inputs, outputTensorIndex: index = 0 }: SymbolicTensor): Masks {
    if (inputs.length === 0) return NONE;
    const masks = inputs.map((input) => this.of(input));
    const [first] = masks;
    const className = layer.getClassName();
    if (layer instanceof LayersModel) return this.traceModel(layer, masks, index);
    if (className === 'SluiceEmbedding') {
      return both(layer.supportsMasking ? `${nameOf(inputs[0])} ≠ 0` : null);
    }
    if (className === 'Masking') {
      return both(`${nameOf(inputs[0])} ≠ ${(layer as unknown as { maskValue: number }).maskValue}`);
    }
    if (layer instanceof RecurrentLayer || layer instanceof Bidirectional || RECURRENT.test(className)) {
      this.compare(layer, first);
      const { forwardLayer = layer } = layer as unknown as { forwardLayer?: layers.Layer };
      const { returnSequences } = forwardLayer as unknown as { returnSequences: boolean };
      return returnSequences ? first : NONE;
    }
    if (layer instanceof MaskedAverage) {
      this.compare(layer, first);
      return NONE;
    }
    if (MERGES.test(className)) return this.traceMerge(layer, masks);
    if (className === 'Concatenate') {
      const inTensorFlow = join(masks.map((mask) => mask.inTensorFlow));
      return { inKeras: this.mergeInKeras(masks), inTensorFlow };
    }
    const inTensorFlow = layer.supportsMasking && className !== 'Dot' ? first.inTensorFlow : null;
    if (isOwnClass(className)) return both(inTensorFlow);
    return { inKeras: PASSES_ON.test(className) ? first.inKeras : null, inTensorFlow };
  }

  /** A model within a model. TensorFlow.js passes it the mask of its input, and none on from its output. */
  private traceModel(model: LayersModel, masks: readonly Masks[], index: number): Masks {
    const inputs = new Map(model.inputs.map((input, i) => [input, masks[i] ?? NONE]));
    const tracer = new MaskTracer(this.isKeras3, inputs, `${this.scope}${model.name}/`, this.differences);
    const outputs = tracer.outputs(model);
    return { inKeras: (outputs[index] ?? outputs[0]).inKeras, inTensorFlow: null };
  }

  private traceMerge(layer: layers.Layer, masks: readonly Masks[]): Masks {
    const ofKeras = masks.map(({ inKeras }) => inKeras);
    if (this.isKeras3 && MERGES_BY_MASK.test(layer.getClassName()) && ofKeras.some((mask) => mask !== null)) {
      this.differences.add(
        `${this.scope}${layer.name} (Keras's ${layer.getClassName()} leaves padded steps out)`,
      );
    }
    return {
      inKeras: this.mergeInKeras(masks),
      // It uses all masks but the last.
      inTensorFlow: join([masks[0], ...masks.slice(1, -1)].map(({ inTensorFlow }) => inTensorFlow)),
    };
  }

  /** Keras 3 keeps a step that one input has; an input without a mask has all. Keras 2 keeps those that all have. */
  private mergeInKeras(masks: readonly Masks[]): Mask {
    const merged = masks.map(({ inKeras }) => inKeras);
    if (!this.isKeras3) return join(merged);
    return merged.includes(null) ? null : join(merged, ' or ');
  }

  private compare(layer: layers.Layer, { inKeras, inTensorFlow }: Masks): void {
    if (inKeras === inTensorFlow) return;
    const [keras, tensorFlow] = [inKeras, inTensorFlow].map((mask) => mask ?? 'none');
    this.differences.add(`${this.scope}${layer.name} (Keras: ${keras}; TensorFlow.js: ${tensorFlow})`);
  }
}

/** The name of the layer that makes a tensor, with the number of its call if it has several. */
const nameOf = ({ sourceLayer, nodeIndex }: SymbolicTensor): string =>
  sourceLayer.name + (nodeIndex ? `:${nodeIndex}` : '');

/** The mask of several: null if none has one. */
function join(masks: readonly Mask[], word = ' and '): Mask {
  const present = [...new Set(masks)].filter((mask) => mask !== null).sort();
  return present.length === 0 ? null : present.join(word);
}
