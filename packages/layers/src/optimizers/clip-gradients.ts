import { Optimizer, serialization, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { checkOptions, formatValue } from '../checks.js';
import { restoreObject, type SavedObject, toSavedObject } from '../weights/identifiers.js';
import { CLIP_OPTIONS, type ClipOptions, createClip, type Gradients, toNamedGradients } from './gradients.js';

/** See `clipGradients`. */
export class ClippedOptimizer extends Optimizer {
  static readonly className = 'SluiceClippedOptimizer';

  /** @param optimizer receives the clipped gradients; set its learning rate on it. */
  constructor(
    readonly optimizer: Optimizer,
    private readonly options: ClipOptions,
  ) {
    super();
  }

  override applyGradients(gradients: Gradients): void {
    tidy(() => {
      const named = toNamedGradients(gradients);
      const present = named.flatMap(({ tensor }) => (tensor == null ? [] : [tensor]));
      const clip = createClip(this.options, present);
      this.optimizer.applyGradients(
        named.map(({ name, tensor }) => ({ name, tensor: (tensor && clip(tensor)) as Tensor })),
      );
    });
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
    const limits = CLIP_OPTIONS.map((name) => [name, this.options[name] ?? null]);
    return {
      optimizer: toSavedObject(this.optimizer) as unknown as serialization.ConfigDict,
      ...Object.fromEntries(limits),
    };
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const optimizer = restoreObject(config.optimizer as unknown as SavedObject) as Optimizer;
    const limits = CLIP_OPTIONS.filter((name) => config[name] != null).map((name) => [name, config[name]]);
    return new cls(optimizer, Object.fromEntries(limits));
  }
}
serialization.registerClass(ClippedOptimizer);

/**
 * Wraps an optimizer so that it clips gradients: the norm of each, the norm of all together, or each number.
 *
 * Use the result in the optimizer's place, in `model.compile({ optimizer: clipGradients(train.adam(), { norm: 1 }) })`
 * and in saved models alike.
 *
 * @throws TypeError when `optimizer` is not an optimizer (a name is not) or the options are not an object; RangeError unless
 *   exactly one limit is set and positive.
 */
export function clipGradients(optimizer: Optimizer, options: ClipOptions): ClippedOptimizer {
  if (optimizer == null || !(optimizer instanceof Optimizer)) {
    throw new TypeError(
      `clipGradients needs an optimizer, for example train.adam() of @tensorflow/tfjs-core, but got ${formatValue(optimizer)}.`,
    );
  }
  checkOptions('clipGradients', options, CLIP_OPTIONS, 'clipGradients(train.adam(), { norm: 1 })');
  const present = CLIP_OPTIONS.filter((name) => options[name] != null);
  const [limit] = present.map((name) => options[name]);
  if (present.length !== 1 || typeof limit !== 'number' || !(limit > 0)) {
    const actual = CLIP_OPTIONS.map((name) => `${name} = ${formatValue(options[name])}`);
    throw new RangeError(
      `clipGradients needs one positive limit, norm, globalNorm or value, but got ${actual.join(', ')}.`,
    );
  }
  return new ClippedOptimizer(optimizer, { [present[0]]: limit });
}
