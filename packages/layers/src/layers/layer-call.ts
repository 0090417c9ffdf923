/** The calls of layers: checked, and separated into inputs, initial states and other arguments. */
import { Tensor } from '@tensorflow/tfjs-core';
import { type layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { formatValue, refuseUnknownOptions, requireOptions } from '../checks.js';
import { type CallArgs, type LayerInputs, toList } from './layer-inputs.js';
import { mayHaveMask } from './masks.js';

/** The states that a call can start from. */
export interface StateSlots {
  /** In order. */
  readonly names: readonly string[];
  /** The width of each state. */
  readonly widths: readonly number[];
  /** The text that follows the number of states in a message. */
  readonly listing: string;
}

interface Call {
  readonly inputs: LayerInputs;
  readonly kwargs: CallArgs;
}

/**
 * Separates the inputs and arguments of a recurrent layer's call. The result is one tensor, with the initial states among the
 * other arguments; or, for a model that records its graph, the symbolic input followed by the symbolic states. The caller's
 * `kwargs` are not changed.
 *
 * A model calls its layers with lists and one shared `kwargs`, which keeps the last mask also for layers whose own
 * inputs have none.
 *
 * @throws TypeError, RangeError when the layer cannot be called like this.
 */
export function readRecurrentCall(
  layer: layers.Layer,
  slots: StateSlots,
  inputs: LayerInputs,
  kwargs: CallArgs,
): Call {
  checkCall(layer, inputs, kwargs, ['mask', 'lengths', 'training', 'initialState']);
  const [x, ...followingStates] = toList<Tensor | SymbolicTensor>(inputs);
  const { initialState, ...others } = kwargs;
  const states = [...followingStates, ...toList<Tensor | SymbolicTensor | null>(initialState ?? [])];
  if (states.length > 0) checkStates(layer.name, slots, states, x);
  if (x instanceof SymbolicTensor) {
    checkSymbolicCall(layer.name, others);
    const symbolic = states.filter((state) => state !== null);
    return {
      inputs: symbolic.length === 0 ? inputs : ([x, ...symbolic] as SymbolicTensor[]),
      kwargs: others,
    };
  }
  if (Array.isArray(inputs)) checkModelBatch(layer, x.shape[0]);
  if (Array.isArray(inputs) && others.mask != null && !mayHaveMask(layer)) delete others.mask;
  return {
    inputs: x,
    kwargs: states.length === 0 ? others : { ...others, initialState: states as Tensor[] },
  };
}

/**
 * Checks that a layer is called with tensors and with known arguments.
 * @throws TypeError, RangeError when it is not.
 */
export function checkCall(
  { name }: layers.Layer,
  inputs: unknown,
  kwargs: unknown,
  known: readonly (keyof CallArgs)[],
): asserts kwargs is CallArgs {
  if (!toList(inputs).every(isTensor)) {
    throw new TypeError(
      `${name} takes tensors, but was given ${formatValue(inputs)}; make one with tf.tensor, for example.`,
    );
  }
  requireOptions(`${name}.apply`, kwargs, 'layer.apply(x, { mask })');
  const { training } = kwargs as CallArgs;
  if (training != null && typeof training !== 'boolean') {
    throw new TypeError(`${name}.apply: training must be true or false, but is ${formatValue(training)}.`);
  }
  // A model calls with lists, and passes to each layer the arguments of all.
  if (!Array.isArray(inputs)) refuseUnknownOptions(`${name}.apply`, Object.entries(kwargs), known);
}

const isTensor = (value: unknown): value is Tensor | SymbolicTensor =>
  value instanceof SymbolicTensor || (value != null && value instanceof Tensor);

function checkStates(
  layer: string,
  { names, widths, listing }: StateSlots,
  states: readonly unknown[],
  x: Tensor | SymbolicTensor,
): void {
  if (states.length !== names.length) {
    throw new RangeError(
      `${layer} takes ${names.length} initial states${listing}, but was given ${states.length}.`,
    );
  }
  const isSymbolic = x instanceof SymbolicTensor;
  const [batch] = x.shape;
  states.forEach((state, i) => {
    if (state === null) return;
    if (!isTensor(state) || state instanceof SymbolicTensor !== isSymbolic) {
      const expected = isSymbolic
        ? 'a symbolic tensor, as the input is'
        : 'a tensor, as tf.tensor2d makes it';
      throw new TypeError(
        `${layer}: initial state ${names[i]} must be ${expected}, but is ${formatValue(state)}.`,
      );
    }
    const [rows, width] = state.shape;
    if (state.shape.length === 2 && width === widths[i] && (rows ?? batch) === (batch ?? rows)) return;
    throw new RangeError(
      `${layer}: initial state ${names[i]} must have the shape [${batch ?? 'batch'}, ${widths[i]}], ` +
        `but has [${state.shape.map((size) => size ?? 'batch').join(', ')}].`,
    );
  });
}

/** Refuses a mask, lengths and `training`, which TensorFlow.js would drop when it runs the model. */
function checkSymbolicCall(layer: string, { mask, lengths, training }: CallArgs): void {
  if (mask != null || lengths != null) {
    throw new TypeError(
      `${layer}: in a model a mask comes from its layers, from masking or embedding({ maskZero: true }), not from apply; ` +
        'to pass a mask or lengths yourself, apply the layer to tensors.',
    );
  }
  if (training != null) {
    throw new TypeError(
      `${layer}: a model sets training itself; leave it out, or apply the layer to tensors.`,
    );
  }
}

/**
 * Checks that a model has not split the rows of a stateful layer into batches: a row's state would go to another row.
 * @throws RangeError when the model does not know its batch size or the batch has another.
 */
function checkModelBatch({ name, stateful, inboundNodes }: layers.Layer, batch: number): void {
  if (!stateful || inboundNodes.length === 0) return;
  const sizes = inboundNodes.map(({ inputTensors }) => inputTensors[0].shape[0]);
  if (sizes.includes(null)) throw unknownBatchError(name);
  if (sizes.includes(batch)) return;
  throw new RangeError(
    `${name} is stateful in a model of batches of ${sizes.join(' or ')} rows, but was given ${batch}. TensorFlow.js splits the ` +
      `rows of predict, fit and evaluate into batches of 32: call them with { batchSize: ${sizes[0]} } and a multiple of ` +
      'that number of rows.',
  );
}

/** The error when a stateful layer cannot tell whether it gets a whole batch. */
export function unknownBatchError(layer: string): RangeError {
  return new RangeError(
    `${layer} is stateful, and its model does not know its batch size. TensorFlow.js splits the rows of predict, fit and evaluate ` +
      "into batches of 32, so a row's state would go to another row. Give the first layer batchInputShape " +
      '[batchSize, timesteps, features], or input() a batchShape, and call with the same { batchSize }.',
  );
}
