import {
  cast,
  customGrad,
  type GradSaveFunc,
  gather,
  notEqual,
  reshape,
  scatterND,
  serialization,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { type LayerVariable, layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import {
  createConstraint,
  createInitializer,
  createRegularizer,
  type Identifier,
  toSavedObject,
} from '../weights/identifiers.js';
import {
  type Constraint,
  constrainUpdates,
  type Initializer,
  type Regularizer,
} from '../weights/layer-weights.js';
import { checkLayerArgs, type LooseConfig, toLayerArgs } from './layer-args.js';
import { checkCall } from './layer-call.js';
import {
  type CallArgs,
  firstOf,
  type LayerArgs,
  type LayerInputs,
  type Shape,
  toList,
  toShapes,
} from './layer-inputs.js';

export interface EmbeddingArgs extends LayerArgs {
  /** Size of the vocabulary: indices run from 0 to `inputDim − 1`. */
  inputDim: number;
  /** Features of the vector of each index. */
  outputDim: number;
  /** Default `randomUniform`, between −0.05 and 0.05. */
  embeddingsInitializer?: Identifier<Initializer>;
  embeddingsRegularizer?: Identifier<Regularizer> | null;
  embeddingsConstraint?: Identifier<Constraint> | null;
  /** Whether index 0 is padding: the following layers skip those steps. Default false. */
  maskZero?: boolean;
  /** Time steps of the input if their number is fixed; an array if the input has more dimensions. */
  inputLength?: number | number[];
  /** Makes the start values repeatable. */
  seed?: number;
}

/** The names of the arguments; the compiler checks that they are complete. */
const EMBEDDING_ARGS = Object.keys({
  inputDim: true,
  outputDim: true,
  embeddingsInitializer: true,
  embeddingsRegularizer: true,
  embeddingsConstraint: true,
  maskZero: true,
  inputLength: true,
  seed: true,
} satisfies Record<Exclude<keyof EmbeddingArgs, keyof LayerArgs>, true>);

/** See `embedding`. */
export class Embedding extends layers.Layer {
  static readonly className: string = 'SluiceEmbedding';
  private readonly sizes: { inputDim: number; outputDim: number };
  private readonly inputLengths: number[] | null;
  private readonly maskZero: boolean;
  private readonly initializer: Initializer;
  private readonly regularizer: Regularizer | null;
  private readonly constraint: Constraint | null;
  private readonly seed: number | undefined;
  private embeddings!: LayerVariable;

  constructor(args: EmbeddingArgs) {
    checkLayerArgs('embedding', args, EMBEDDING_ARGS, 'embedding({ inputDim: 100, outputDim: 16 })');
    super(toLayerArgs('embedding', withInputShape(args)));
    for (const size of ['inputDim', 'outputDim'] as const) {
      if (Number.isInteger(args[size]) && args[size] > 0) continue;
      throw new RangeError(`embedding: ${size} must be a positive whole number, but is ${args[size]}.`);
    }
    this.sizes = { inputDim: args.inputDim, outputDim: args.outputDim };
    this.inputLengths = args.inputLength == null ? null : toList(args.inputLength);
    this.maskZero = args.maskZero ?? false;
    this.supportsMasking = this.maskZero;
    this.seed = args.seed ?? undefined;
    this.initializer = createInitializer(args.embeddingsInitializer ?? 'randomUniform', this.seed);
    this.regularizer = createRegularizer(args.embeddingsRegularizer);
    this.constraint = createConstraint(args.embeddingsConstraint);
  }

  override build(): void {
    const { inputDim, outputDim } = this.sizes;
    this.embeddings = this.addWeight(
      'embeddings',
      [inputDim, outputDim],
      'float32',
      this.initializer,
      this.regularizer ?? undefined,
    );
    if (this.constraint) constrainUpdates(this.embeddings, this.constraint);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [shape] = toShapes(inputShape);
    const lengths = this.inputLengths ?? shape.slice(1);
    const fits =
      lengths.length === shape.length - 1 &&
      lengths.every((n, i) => (shape[i + 1] ?? n) === (n ?? shape[i + 1]));
    if (!fits) {
      throw new RangeError(
        `${this.name}: inputLength is ${JSON.stringify(lengths)}, but the input has shape ${JSON.stringify(shape)}; ` +
          'pad or cut the input to that length, or leave inputLength out.',
      );
    }
    return [shape[0], ...lengths.map((length, i) => length ?? shape[i + 1]), this.sizes.outputDim];
  }

  /**
   * Replaces indices by vectors.
   * @throws TypeError, RangeError when an input or argument of the call is wrong.
   */
  override apply(inputs: Tensor | Tensor[], kwargs?: CallArgs): Tensor;
  override apply(inputs: SymbolicTensor | SymbolicTensor[], kwargs?: CallArgs): SymbolicTensor;
  override apply(inputs: LayerInputs, kwargs?: CallArgs): LayerInputs;
  override apply(inputs: LayerInputs, kwargs?: CallArgs | null): LayerInputs {
    checkCall(this, inputs, kwargs ?? {}, ['mask', 'training']);
    return super.apply(inputs, kwargs ?? {});
  }

  override call(inputs: Tensor | Tensor[], kwargs: CallArgs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const input = firstOf(inputs);
      const rows = lookUpRows(this.embeddings.read(), reshape(cast(input, 'int32'), [input.size]));
      return reshape(rows, this.computeOutputShape(input.shape) as number[]);
    });
  }

  override computeMask(inputs: Tensor | Tensor[]): Tensor {
    // tfjs-layers takes null for "no mask", though its types do not say so.
    return this.maskZero ? notEqual(firstOf(inputs), 0) : (null as unknown as Tensor);
  }

  /** Indices may have any rank, so there is nothing to warn about. */
  protected override warnOnIncompatibleInputShape(): void {}

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      ...this.sizes,
      embeddingsInitializer: toSavedObject(this.initializer),
      embeddingsRegularizer: toSavedObject(this.regularizer),
      embeddingsConstraint: toSavedObject(this.constraint),
      maskZero: this.maskZero,
      inputLength: this.inputLengths,
      seed: this.seed ?? null,
    } as serialization.ConfigDict;
  }
}
serialization.registerClass(Embedding);

/** The input of an embedding is indices, so the first layer of a model needs no input shape. */
function withInputShape(args: EmbeddingArgs): LayerArgs {
  if (args.inputShape != null || args.batchInputShape != null) return args;
  return {
    ...args,
    batchInputShape: [
      args.batchSize ?? null,
      ...(args.inputLength == null ? [null] : toList(args.inputLength)),
    ],
  };
}

/**
 * The rows of `table` `[inputDim, outputDim]` at `indices` `[n]` (int32), differentiable in the table.
 *
 * The gradient adds each row's cotangent to its row of the table with `scatterND`, which every TensorFlow.js backend has. It
 * takes O(n) on cpu and wasm; webgl visits all n indices for each element of the table. The gradient of TensorFlow.js's own
 * `gather` needs `UnsortedSegmentSum`, which wasm lacks and which takes O(n · inputDim) on cpu.
 */
function lookUpRows(table: Tensor, indices: Tensor): Tensor {
  const gatherRows = customGrad((values, save) => {
    (save as GradSaveFunc)([indices]);
    return {
      value: gather(values as Tensor, indices as Tensor<never>),
      gradFunc: (cotangent: Tensor, [saved]: Tensor[]) =>
        scatterND(reshape(saved, [saved.size, 1]), cotangent, table.shape as [number, number]),
    };
  });
  return gatherRows(table);
}

/**
 * A layer that replaces indices `[batch, timesteps]` (any integer tensor) by vectors `[batch, timesteps, outputDim]`, with
 * Keras's arguments. Its one weight is `embeddings` `[inputDim, outputDim]`; it trains on every backend.
 *
 * @throws RangeError when a size is not a positive whole number or the input's length is not `inputLength`.
 */
export const embedding = <Config extends serialization.ConfigDict = never>(
  args: EmbeddingArgs | LooseConfig<Config>,
): Embedding => new Embedding(args as EmbeddingArgs);
