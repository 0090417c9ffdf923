import {
  add,
  clipByValue,
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
import { checkOptions, shownValue } from '../check-options.js';
import { fromSaved, type SavedObject, savedForm } from '../weights/identifiers.js';
import { type Gradients, namedGradients } from './gradients.js';

export interface ClipOptions {
  /** Each weight's gradient is scaled down to at most this Euclidean norm (Keras's `clipnorm`). */
  norm?: number;
  /** All gradients together are scaled down to at most this Euclidean norm (Keras's `global_clipnorm`). */
  globalNorm?: number;
  /** Each number of each gradient is cut to between −value and value (Keras's `clipvalue`). */
  value?: number;
}

const LIMITS = ['norm', 'globalNorm', 'value'] as const;

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
      const clip = this.clipFor(present);
      this.optimizer.applyGradients(
        named.map(({ name, tensor }) => ({ name, tensor: (tensor && clip(tensor)) as Tensor })),
      );
    });
  }

  /** A norm is scaled by limit / max(norm, limit), which is 1 up to the limit (Pascanu et al. 2013). */
  private clipFor(gradients: Tensor[]): (gradient: Tensor) => Tensor {
    const { norm, globalNorm, value } = this.options;
    const scaleTo = (limit: number, squares: Tensor): Scalar => div(limit, maximum(sqrt(squares), limit));
    if (value !== undefined) return (gradient) => clipByValue(gradient, -value, value);
    if (norm !== undefined) return (gradient) => mul(gradient, scaleTo(norm, sum(square(gradient))));
    if (gradients.length === 0) throw new Error('clipGradients: there is no gradient to apply.');
    const squares = gradients.map((gradient) => sum(square(gradient)));
    const scale = scaleTo(
      globalNorm as number,
      squares.reduce((total, each) => add(total, each)),
    );
    return (gradient) => mul(gradient, scale);
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
    const limits = LIMITS.map((limit) => [limit, this.options[limit] ?? null]);
    return {
      optimizer: savedForm(this.optimizer) as unknown as serialization.ConfigDict,
      ...Object.fromEntries(limits),
    };
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const optimizer = fromSaved(config.optimizer as unknown as SavedObject) as Optimizer;
    const given = LIMITS.filter((limit) => config[limit] != null).map((limit) => [limit, config[limit]]);
    return new cls(optimizer, Object.fromEntries(given));
  }
}
serialization.registerClass(ClippedOptimizer);

/**
 * Makes an optimizer clip the gradients it is given: by the norm of each, by the norm of all together, or number by number.
 *
 * The result takes the optimizer's place, in `model.compile({ optimizer: clipGradients(train.adam(), { norm: 1 }) })`
 * and in saved models alike.
 *
 * @throws TypeError when the optimizer is not one, such as a name, or the limit is no object; RangeError unless exactly one
 *   limit is given and positive.
 */
export function clipGradients(optimizer: Optimizer, options: ClipOptions): ClippedOptimizer {
  if (optimizer == null || !(optimizer instanceof Optimizer)) {
    throw new TypeError(
      `clipGradients needs an optimizer, for example train.adam() of @tensorflow/tfjs-core, but got ${shownValue(optimizer)}.`,
    );
  }
  checkOptions('clipGradients', options, LIMITS, 'clipGradients(train.adam(), { norm: 1 })');
  const given = LIMITS.filter((limit) => options[limit] != null);
  const [limit] = given.map((name) => options[name]);
  if (given.length !== 1 || typeof limit !== 'number' || !(limit > 0)) {
    const got = LIMITS.map((name) => `${name} = ${shownValue(options[name])}`);
    throw new RangeError(
      `clipGradients needs one positive limit, norm, globalNorm or value, but got ${got.join(', ')}.`,
    );
  }
  return new ClippedOptimizer(optimizer, { [given[0]]: limit });
}
