/** The arguments common to all layers, argument checks, and defaults. */
import type { serialization } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { formatValue, refuseUnknownOptions, requireOptions } from '../checks.js';
import type { LayerArgs } from './layer-inputs.js';

/** The names of `LayerArgs`; the compiler checks that they are complete. */
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

/**
 * The type of a configuration that TensorFlow.js's `getConfig()` returns, which has any names and values. An object
 * written out in the program is not of this type, so its names and values are still checked by the compiler.
 */
export type LooseConfig<Config extends serialization.ConfigDict> = Config &
  (string extends keyof Config ? unknown : never);

/** Options of one kind of layer and their defaults; null for none. */
export type Defaults<Options> = { readonly [Name in keyof Options]-?: NonNullable<Options[Name]> | null };

/** Options in configurations of Keras and TensorFlow.js that do not change the result. */
const IGNORED_OPTIONS = ['implementation', 'useCudnn', 'customObjects'];

const isIgnored = ([name, value]: [string, unknown]): boolean =>
  IGNORED_OPTIONS.includes(name) ||
  (name === 'timeMajor' && value === false) ||
  // TensorFlow.js's recurrent layers add their cell to the object of their arguments.
  (name === 'cell' && value instanceof layers.Layer);

/** Options that are true or false, of any layer. Those of cells are checked by the cell. */
const BOOLEAN_OPTIONS = [
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

/** @throws TypeError for a text instead of a boolean ('false' would count as true), RangeError for a wrong seed. */
function checkValue(owner: string, name: string, value: unknown): void {
  if (value == null) return;
  if (BOOLEAN_OPTIONS.includes(name) && typeof value !== 'boolean') {
    throw new TypeError(`${owner}: ${name} must be true or false, but is ${formatValue(value)}.`);
  }
  if (name === 'seed' && !Number.isInteger(value)) {
    throw new RangeError(`${owner}: seed must be a whole number, but is ${formatValue(value)}.`);
  }
}

/**
 * Checks the arguments of a layer's constructor, from a program or a file.
 * @param names the options of this layer besides those of every layer.
 * @param example a correct call, for the error message.
 * @throws TypeError when the arguments are not an object or a boolean option is not a boolean; RangeError when an option is
 *   unknown or a seed is not a whole number.
 */
export function checkLayerArgs(kind: string, args: unknown, names: readonly string[], example: string): void {
  requireOptions(kind, args, example);
  const owner = (args as LayerArgs).name ?? kind;
  const options = Object.entries(args).filter((option) => !isIgnored(option));
  refuseUnknownOptions(owner, options, [...names, ...Object.keys(TENSORFLOW_ARGS)]);
  for (const [name, value] of options) checkValue(owner, name, value);
}

/** The arguments for TensorFlow.js's constructor of every layer. Keras 3 saves `dtype` as an object, which is left out. */
export function toLayerArgs(kind: string, args: LayerArgs): LayerArgs {
  const dtype = typeof args.dtype === 'string' ? args.dtype : undefined;
  return { ...args, name: args.name ?? createLayerName(kind), dtype };
}

const layerCounts = new Map<string, number>();

/** A name that no layer of this kind has yet: `gru_1`, `gru_2`, … */
function createLayerName(kind: string): string {
  const count = (layerCounts.get(kind) ?? 0) + 1;
  layerCounts.set(kind, count);
  return `${kind}_${count}`;
}

/** The options, with defaults for those that are undefined or, as in files, null. */
export function applyDefaults<Options extends object>(
  args: Partial<Options>,
  defaults: Defaults<Options>,
): Defaults<Options> {
  const names = Object.keys(defaults) as (keyof Options)[];
  return Object.fromEntries(names.map((name) => [name, args[name] ?? defaults[name]])) as Defaults<Options>;
}

/** The options that are not null. */
export function omitNulls<Options extends object>(options: Defaults<Options>): Partial<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== null),
  ) as Partial<Options>;
}
