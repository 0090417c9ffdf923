/** The arguments of layers: those that every layer takes, and how the others are checked. */
import { layers } from '@tensorflow/tfjs-layers';
import { refuseUnknown, requireOptions, shownValue } from '../check-options.js';
import type { LayerArgs } from './layer-inputs.js';
import { layerName } from './layer-name.js';

/** The names of `LayerArgs`; the compiler compares them. */
const TENSORFLOW_ARGS: Readonly<Record<keyof LayerArgs, true>> = {
  name: true,
  trainable: true,
  inputShape: true,
  batchInputShape: true,
  batchSize: true,
  dtype: true,
  inputDType: true,
  weights: true,
};

/** Options of one kind of layer and their defaults; null for none. */
export type Defaults<Options> = { readonly [Name in keyof Options]-?: NonNullable<Options[Name]> | null };

/** Options in configurations of Keras and TensorFlow.js that do not change the result. */
const WITHOUT_EFFECT = ['implementation', 'useCudnn', 'customObjects'];

const changesNothing = ([name, value]: [string, unknown]): boolean =>
  WITHOUT_EFFECT.includes(name) ||
  (name === 'timeMajor' && value === false) ||
  // TensorFlow.js's recurrent layers leave their cell in the object that they are given.
  (name === 'cell' && value instanceof layers.Layer);

/** Options that are true or false, of any layer; those of cells are checked with the cell. */
const TRUE_OR_FALSE = [
  'goBackwards',
  'maskZero',
  'returnSequences',
  'returnState',
  'stateful',
  'trainable',
  'unitForgetBias',
  'unroll',
  'zeroOutputForMask',
];

/** @throws TypeError for a text where true or false belongs: 'false' would count as true. RangeError for a seed. */
function checkValue(owner: string, name: string, value: unknown): void {
  if (value == null) return;
  if (TRUE_OR_FALSE.includes(name) && typeof value !== 'boolean') {
    throw new TypeError(`${owner}: ${name} must be true or false, but is ${shownValue(value)}.`);
  }
  if (name === 'seed' && !Number.isInteger(value)) {
    throw new RangeError(`${owner}: seed must be a whole number, but is ${shownValue(value)}.`);
  }
}

/**
 * Checks what a layer's constructor was given, by a program or from a file.
 * @param own the options that the layer has besides those of every layer.
 * @param example a call as it should be written.
 * @throws TypeError when it is no object of options or one is not true or false, RangeError naming an option that the
 *   layer does not have or a seed that is no whole number.
 */
export function checkLayerArgs(kind: string, args: unknown, own: readonly string[], example: string): void {
  requireOptions(kind, args, example);
  const { name } = args as LayerArgs;
  const given = Object.entries(args).filter((option) => !changesNothing(option));
  refuseUnknown(name ?? kind, given, [...own, ...Object.keys(TENSORFLOW_ARGS)]);
  for (const [option, value] of given) checkValue(name ?? kind, option, value);
}

/** The arguments for TensorFlow.js's constructor of every layer. Keras 3 saves an object as the `dtype`. */
export function layerArgs(kind: string, args: LayerArgs): LayerArgs {
  const dtype = typeof args.dtype === 'string' ? args.dtype : undefined;
  return { ...args, name: args.name ?? layerName(kind), dtype };
}

/** The options with the defaults for those that are not given; files hold null for these. */
export function withDefaults<Options extends object>(
  args: Partial<Options>,
  defaults: Defaults<Options>,
): Defaults<Options> {
  const names = Object.keys(defaults) as (keyof Options)[];
  return Object.fromEntries(names.map((name) => [name, args[name] ?? defaults[name]])) as Defaults<Options>;
}

/** The options that have a value. */
export function givenOptions<Options extends object>(options: Defaults<Options>): Partial<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== null),
  ) as Partial<Options>;
}
