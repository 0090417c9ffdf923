import {
  add,
  div,
  maximum,
  mul,
  Optimizer,
  type Scalar,
  serialization,
  sqrt,
  square,
  sum,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { fromSaved, type SavedObject, savedForm } from './identifiers.js';
import { type Gradients, namedGradients } from './named-gradients.js';

export interface ClipOptions {
  /** Each weight's gradient is scaled down to at most this Euclidean norm (Keras's `clipnorm`). */
  norm?: number;
  /** All gradients together are scaled down to at most this Euclidean norm (Keras's `global_clipnorm`). */
  globalNorm?: number;
}

/** See `clipGradients`. */
export class ClippedOptimizer extends Optimizer {
  static readonly className = 'SluiceClippedOptimizer';

  /** @param optimizer the optimizer that receives the clipped gradients; set its learning rate here. */
  constructor(
    readonly optimizer: Optimizer,
    private readonly options: ClipOptions,
  ) {
    super();
  }

  override applyGradients(gradients: Gradients): void {
    tidy(() => {
      const named = namedGradients(gradients);
      const present = named.flatMap(({ tensor }) => (tensor == null ? [] : [tensor]));
      const scale = this.scaleFor(present);
      this.optimizer.applyGradients(
        named.map(({ name, tensor }) => ({
          name,
          tensor: (tensor && mul(tensor, scale(tensor))) as Tensor,
        })),
      );
    });
  }

  /** By what each gradient is multiplied: limit / max(norm, limit), which is 1 up to the limit (Pascanu et al. 2013). */
  private scaleFor(gradients: Tensor[]): (gradient: Tensor) => Scalar {
    const { norm, globalNorm } = this.options;
    const scaleTo = (limit: number, squares: Tensor): Scalar => div(limit, maximum(sqrt(squares), limit));
    if (norm !== undefined) return (gradient) => scaleTo(norm, sum(square(gradient)));
    if (gradients.length === 0) throw new Error('clipGradients: there is no gradient to apply.');
    const squares = gradients.map((gradient) => sum(square(gradient)));
    const scale = scaleTo(
      globalNorm as number,
      squares.reduce((total, value) => add(total, value)),
    );
    return () => scale;
  }

  override get iterations(): number {
    return this.optimizer.iterations;
  }

  override dispose(): void {
    this.optimizer.dispose();
  }

  override getWeights(): ReturnType<Optimizer['getWeights']> {
    return this.optimizer.getWeights();
  }

  override setWeights(values: Parameters<Optimizer['setWeights']>[0]): Promise<void> {
    return this.optimizer.setWeights(values);
  }

  override getConfig(): serialization.ConfigDict {
    return { optimizer: savedForm(this.optimizer) as unknown as serialization.ConfigDict, ...this.options };
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const optimizer = fromSaved(config.optimizer as unknown as SavedObject) as Optimizer;
    const { norm, globalNorm } = config as ClipOptions;
    return new cls(optimizer, { norm: norm ?? undefined, globalNorm: globalNorm ?? undefined });
  }
}
serialization.registerClass(ClippedOptimizer);

/**
 * Makes an optimizer clip the gradients it is given, by the norm of each or by the norm of all together.
 *
 * The result takes the optimizer's place, in `model.compile({ optimizer: clipGradients(train.adam(), { norm: 1 }) })`
 * and in saved models alike.
 *
 * @throws TypeError when the optimizer is not one, such as a name; RangeError unless exactly one of `norm` and `globalNorm` is given and positive.
 */
export function clipGradients(optimizer: Optimizer, { norm, globalNorm }: ClipOptions): ClippedOptimizer {
  if (!(optimizer instanceof Optimizer)) {
    throw new TypeError(
      `clipGradients needs an optimizer, for example train.adam() of @tensorflow/tfjs-core, but got ${typeof optimizer === 'string' ? `'${optimizer}'` : String(optimizer)}.`,
    );
  }
  const limits = [norm, globalNorm].filter((limit) => limit !== undefined);
  if (limits.length !== 1 || !(limits[0] > 0)) {
    throw new RangeError(
      `clipGradients needs one positive limit, norm or globalNorm, but got norm = ${norm}, globalNorm = ${globalNorm}.`,
    );
  }
  return new ClippedOptimizer(optimizer, norm === undefined ? { globalNorm } : { norm });
}
