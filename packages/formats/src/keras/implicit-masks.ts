/**
 * Masks in Keras 3's functional models. Each call names its mask, and the operations that make it are layers of their own. Keras 2
 * and TensorFlow.js have neither: a mask goes along with the tensor.
 */
import { isRecord } from '../bytes/record.js';
import type { KerasObject } from '../data/layers.js';
import { layerName } from './topology.js';

/** A tensor of a model: the layer, its call and the output. */
type Reference = readonly [layer: string, call: number, output: number];

/** The operations that make the masks of Embedding, Masking and Add, in a converted model. */
const MASK_OPERATIONS = /^keras\.ops\.(NotEqual|Any|LogicalOr)$/;

/** Layers whose mask is the `or` of those of their inputs. Keras's other merging layers compute with the masks. */
const MERGES = /^(Add|Average|Subtract)$/;

/** Layers without an argument for a mask that pass on the one of their input, in Keras. */
const PASSES_ON =
  /^(Dense|Activation|Dropout|SpatialDropout1D|Gaussian(Noise|Dropout)|AlphaDropout|LayerNormalization|ReLU|LeakyReLU|PReLU|ELU|Softmax)$/;

/** No model has so many layers in a row that pass on a mask. */
const MAX_CHAIN = 100;

interface Call {
  readonly args: readonly unknown[];
  readonly kwargs: { readonly [name: string]: unknown };
}

/** The reference that an argument is; undefined for other values. */
function referenceOf(value: unknown): Reference | undefined {
  if (!isRecord(value) || value.class_name !== '__keras_tensor__' || !isRecord(value.config))
    return undefined;
  const { keras_history: history } = value.config;
  return Array.isArray(history) ? (history as unknown as Reference) : undefined;
}

const isSame = (a: Reference | undefined, b: Reference | undefined): boolean =>
  a !== undefined && b !== undefined && a.every((part, i) => part === b[i]);

/** The calls of a model's layers. */
export class ImplicitMasks {
  private readonly layers: ReadonlyMap<string, KerasObject>;
  /** The answers of `isMerged`: without them a chain of additions takes exponential time. */
  private readonly merged = new Map<string, boolean>();

  constructor(layers: readonly KerasObject[]) {
    this.layers = new Map(layers.map((layer) => [layerName(layer), layer]));
  }

  private callOf([name, index]: Reference): { layer: KerasObject; call: Call } | undefined {
    const layer = this.layers.get(name);
    const nodes = (layer as { inbound_nodes?: unknown } | undefined)?.inbound_nodes;
    const node: unknown = Array.isArray(nodes) ? nodes[index] : undefined;
    if (!layer || !isRecord(node)) return undefined;
    const args = Array.isArray(node.args) ? node.args : [];
    return { layer, call: { args, kwargs: isRecord(node.kwargs) ? node.kwargs : {} } };
  }

  /** Whether a mask is the one that the input carries by itself. */
  isCarried(mask: unknown, input: unknown, steps = MAX_CHAIN): boolean {
    const wanted = referenceOf(mask);
    let tensor = referenceOf(input);
    // A damaged file may have a circle.
    for (let left = steps; wanted && tensor && left > 0; left--) {
      const made = this.callOf(tensor);
      if (!made) return false;
      const [given] = made.call.args;
      if (this.isMaskOf(made.layer, referenceOf(given), wanted)) return true;
      // The layer before has the same mask, and is checked itself.
      if (made.call.kwargs.mask) return isSame(referenceOf(made.call.kwargs.mask), wanted);
      if (MERGES.test(made.layer.class_name)) return this.isMerged(wanted, given, left - 1);
      if (!PASSES_ON.test(made.layer.class_name)) return false;
      tensor = referenceOf(given);
    }
    return false;
  }

  /** Whether a mask is the `or` of those that several tensors carry: of the first ones, then of the last. */
  private isMerged(mask: Reference, inputs: unknown, left: number): boolean {
    const key = JSON.stringify([mask, inputs]);
    const known = this.merged.get(key);
    if (known !== undefined) return known;
    const answer = this.compareMerged(mask, inputs, left);
    this.merged.set(key, answer);
    return answer;
  }

  private compareMerged(mask: Reference, inputs: unknown, left: number): boolean {
    const made = this.callOf(mask);
    if (!Array.isArray(inputs) || inputs.length < 2 || made?.layer.class_name !== 'LogicalOr') return false;
    const [first, last] = made.call.args;
    if (!this.isCarried(last, inputs.at(-1), left)) return false;
    const [one, ...more] = inputs.slice(0, -1);
    const wanted = referenceOf(first);
    if (more.length === 0) return this.isCarried(first, one, left);
    return wanted !== undefined && this.isMerged(wanted, [one, ...more], left);
  }

  /** Whether a mask is the one that an Embedding or a Masking makes from its input. */
  private isMaskOf(
    { class_name: className, config }: KerasObject,
    input: Reference | undefined,
    mask: Reference,
  ): boolean {
    const made = this.callOf(mask);
    if (className === 'Embedding') return config.mask_zero === true && isNotEqual(made, input, 0);
    if (className !== 'Masking' || made?.layer.class_name !== 'Any') return false;
    const inner = referenceOf(made.call.args[0]);
    return inner !== undefined && isNotEqual(this.callOf(inner), input, config.mask_value ?? 0);
  }
}

const isNotEqual = (
  made: { layer: KerasObject; call: Call } | undefined,
  input: Reference | undefined,
  value: unknown,
): boolean =>
  made?.layer.class_name === 'NotEqual' &&
  isSame(referenceOf(made.call.args[0]), input) &&
  made.call.args[1] === value;

/** The layers without the operations whose results nothing uses any more. */
export function withoutUnusedMasks(layers: readonly KerasObject[], outputs: unknown): KerasObject[] {
  const uses = new Map<string, number>();
  const inputs = layers.map((layer) => layersIn((layer as { inbound_nodes?: unknown }).inbound_nodes));
  const count = (names: readonly string[], step: number) => {
    for (const name of names) uses.set(name, (uses.get(name) ?? 0) + step);
  };
  for (const names of [layersIn(outputs), ...inputs]) count(names, 1);
  // An operation comes after those that it reads, so the last one goes first.
  const kept = layers.map(() => true);
  for (let i = layers.length - 1; i >= 0; i--) {
    if (!MASK_OPERATIONS.test(layers[i].class_name) || uses.get(layerName(layers[i]))) continue;
    kept[i] = false;
    count(inputs[i], -1);
  }
  return layers.filter((_, i) => kept[i]);
}

/** The names of the layers in a list of references. */
function layersIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return typeof value[0] === 'string' ? [value[0]] : value.flatMap(layersIn);
}
