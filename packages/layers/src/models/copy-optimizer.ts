import { Optimizer, Tensor, tidy, Variable, variable } from '@tensorflow/tfjs-core';

type Fields = Record<string, unknown>;

/** The entries of an optimizer's lists: the accumulated values of one weight. */
interface Slot {
  readonly originalName: string;
  readonly variable: Variable;
}

const isSlotList = (value: unknown): value is Slot[] =>
  Array.isArray(value) && value.length > 0 && value.every((slot) => slot?.variable instanceof Variable);

/**
 * A new optimizer of the same class, with the same settings and copies of the accumulated values. TensorFlow.js's own
 * `getWeights` and `setWeights` are asynchronous, so the fields are copied here.
 */
export function copyOptimizer<O extends Optimizer>(optimizer: O): O {
  const Class = optimizer.constructor as unknown as {
    fromConfig(cls: unknown, config: object): O;
  };
  const copy = Class.fromConfig(Class, optimizer.getConfig());
  const target = copy as unknown as Fields;
  for (const [name, value] of Object.entries(optimizer as unknown as Fields)) {
    if (isSlotList(value)) target[name] = value.map(copySlot);
    else if (value instanceof Optimizer) {
      (target[name] as Optimizer).dispose();
      target[name] = copyOptimizer(value);
    } else if (value instanceof Tensor) {
      replaceTensor(target, name, value);
    } else if (typeof value === 'number') target[name] = value;
  }
  return copy;
}

const copySlot = ({ originalName, variable: value }: Slot): Slot => ({
  originalName,
  variable: tidy(() => variable(value.clone(), false)),
});

/** Puts a copy of a tensor in place of the one that the constructor made. */
function replaceTensor(target: Fields, name: string, value: Tensor): void {
  const made = target[name];
  if (made instanceof Variable) {
    made.assign(value);
    return;
  }
  if (made instanceof Tensor) made.dispose();
  target[name] = value instanceof Variable ? variable(value.clone(), value.trainable) : value.clone();
}
