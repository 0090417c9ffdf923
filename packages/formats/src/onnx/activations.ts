/** The activations of ONNX's RNN, GRU and LSTM, and Sluice's. Source: github.com/onnx/onnx/blob/main/docs/Operators.md#LSTM */
import type { JsonObject } from '@sluice/core';
import { type ActivationSetting, activationAliases } from '@sluice/core/equations';

type Parameters = { readonly alpha?: number; readonly beta?: number };

/** An activation of a node, with all its parameters. */
export interface NodeActivation {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}

interface Entry {
  /** Sluice's name, and the parameters that both have. */
  readonly native: string;
  /** The parameters with ONNX's defaults; the ones that a node's `activation_alpha` and `activation_beta` list. */
  readonly defaults: Parameters;
  /** The defaults of Sluice, if they are other ones. */
  readonly nativeDefaults?: Parameters;
}

const ENTRIES: Readonly<Record<string, Entry>> = {
  Relu: { native: 'relu', defaults: {} },
  Tanh: { native: 'tanh', defaults: {} },
  Sigmoid: { native: 'sigmoid', defaults: {} },
  Softsign: { native: 'softsign', defaults: {} },
  Softplus: { native: 'softplus', defaults: {} },
  Affine: { native: 'affine', defaults: { alpha: 1, beta: 0 } },
  LeakyRelu: {
    native: 'leakyRelu',
    defaults: { alpha: Math.fround(0.01) },
    nativeDefaults: { alpha: 0.2 },
  },
  ThresholdedRelu: { native: 'thresholdedRelu', defaults: { alpha: 1 } },
  ScaledTanh: { native: 'scaledTanh', defaults: { alpha: 1, beta: 1 } },
  HardSigmoid: { native: 'hardSigmoid', defaults: { alpha: 0.2, beta: 0.5 } },
  Elu: { native: 'elu', defaults: { alpha: 1 } },
};

const PARAMETERS = ['alpha', 'beta'] as const;

/** ONNX's own spelling of an activation's name, which may be in any case. */
export const standardName = (name: string): string | undefined =>
  Object.keys(ENTRIES).find((known) => known.toLowerCase() === name.toLowerCase());

export const knownActivations = (): string => Object.keys(ENTRIES).join(', ');

/**
 * The activations of a node with their parameters. Only those that have an alpha (a beta) take one from the list, in their
 * order, as in onnxruntime.
 * @param names in ONNX's spelling.
 */
export function withParameters(
  names: readonly string[],
  alphas: readonly number[],
  betas: readonly number[],
): NodeActivation[] {
  const lists = { alpha: alphas.values(), beta: betas.values() };
  return names.map((name) => {
    const { defaults } = ENTRIES[name];
    const given = PARAMETERS.filter((key) => defaults[key] !== undefined).map((key) => {
      const { done, value } = lists[key].next();
      return [key, done ? defaults[key] : value];
    });
    return { name, ...Object.fromEntries(given) };
  });
}

/** Sluice's setting for an activation: its name, or its name and the parameters that are not its defaults. */
export function toNative({ name, ...given }: NodeActivation): string | JsonObject {
  const { native, defaults, nativeDefaults = defaults } = ENTRIES[name];
  const parameters: Parameters = { ...defaults, ...given };
  if (native === 'affine' && parameters.alpha === 1 && parameters.beta === 0) return 'linear';
  const isSixth = parameters.alpha === Math.fround(1 / 6) && parameters.beta === 0.5;
  if (native === 'hardSigmoid' && isSixth) return 'hardSigmoidSixth';
  const same = (key: 'alpha' | 'beta') => {
    const usual = nativeDefaults[key];
    return parameters[key] === usual || (usual !== undefined && parameters[key] === Math.fround(usual));
  };
  const others = PARAMETERS.filter((key) => defaults[key] !== undefined && !same(key));
  if (others.length === 0) return native;
  return { name: native, ...Object.fromEntries(others.map((key) => [key, parameters[key] as number])) };
}

/** The activation in ONNX for a setting of Sluice's; undefined when ONNX's recurrent operators lack it. */
export function fromNative(setting: ActivationSetting): NodeActivation | undefined {
  const { name: given, ...parameters } = typeof setting === 'object' ? { ...setting } : { name: setting };
  const aliases: Readonly<Record<string, string>> = activationAliases;
  const native = Object.hasOwn(aliases, given) ? aliases[given] : given;
  if (native === 'linear') return { name: 'Affine', alpha: 1, beta: 0 };
  if (native === 'hardSigmoidSixth') return { name: 'HardSigmoid', alpha: 1 / 6, beta: 0.5 };
  const found = Object.entries(ENTRIES).find(([, entry]) => entry.native === native);
  if (!found) return undefined;
  const [name, { defaults, nativeDefaults = defaults }] = found;
  return { name, ...nativeDefaults, ...parameters };
}
