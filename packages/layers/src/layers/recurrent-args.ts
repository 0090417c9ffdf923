/** The arguments of every recurrent layer, and the settings that they make. */
import type { Identifier } from '../weights/identifiers.js';
import type { Constraint, Initializer, Regularizer } from '../weights/layer-weights.js';
import { applyDefaults, checkLayerArgs, type Defaults } from './layer-args.js';
import type { LayerArgs } from './layer-inputs.js';

/** The arguments of every recurrent layer, with Keras 3's names, meanings and defaults. */
export interface RecurrentArgs extends LayerArgs {
  /** Features of the output and of every state. */
  units: number;
  /** Default `glorotUniform` (SRU: `leCunUniform`). */
  kernelInitializer?: Identifier<Initializer>;
  /**
   * Default `orthogonal` (SRU: uniform in ±√1.5). Recurrent vectors cannot be orthogonal; their default is
   * `glorotUniform`.
   */
  recurrentInitializer?: Identifier<Initializer>;
  /** Default `zeros`, except in blocks to which the cell gives a value: an LSTM's forget bias, an SRU's highway bias. */
  biasInitializer?: Identifier<Initializer>;
  kernelRegularizer?: Identifier<Regularizer> | null;
  recurrentRegularizer?: Identifier<Regularizer> | null;
  biasRegularizer?: Identifier<Regularizer> | null;
  kernelConstraint?: Identifier<Constraint> | null;
  recurrentConstraint?: Identifier<Constraint> | null;
  biasConstraint?: Identifier<Constraint> | null;
  /** Share of the inputs dropped during training, the same ones at every step. 0 ≤ rate < 1. Default 0. */
  dropout?: number;
  /** The same for the values that the recurrent kernel multiplies, with one mask for each of its blocks. Default 0. */
  recurrentDropout?: number;
  /** Whether to return the output of every step instead of the last. Default false. */
  returnSequences?: boolean;
  /** Whether to return the last states too, after the output. Default false. */
  returnState?: boolean;
  /** Whether time runs from the last step to the first; the outputs have that order. Default false. */
  goBackwards?: boolean;
  /** Whether the next batch starts from the last states of this one. Default false. */
  stateful?: boolean;
  /** Accepted for compatibility with Keras; it has no effect. */
  unroll?: boolean;
  /** Whether the output of a padded step is zero instead of that of the step before. Default false. */
  zeroOutputForMask?: boolean;
  /** A whole number that makes start values and dropout repeatable. Default: none. */
  seed?: number;
}

/** The arguments that change what a call does, with their defaults. */
const CALL_DEFAULTS = {
  dropout: 0,
  recurrentDropout: 0,
  returnSequences: false,
  returnState: false,
  goBackwards: false,
  stateful: false,
  unroll: false,
  zeroOutputForMask: false,
};

export type CallSettings = Required<Pick<RecurrentArgs, keyof typeof CALL_DEFAULTS>>;

/** The names of `RecurrentArgs`; the compiler checks that they are complete. */
const RECURRENT_ARGS = Object.keys({
  units: true,
  ...CALL_DEFAULTS,
  seed: true,
  kernelInitializer: true,
  recurrentInitializer: true,
  biasInitializer: true,
  kernelRegularizer: true,
  recurrentRegularizer: true,
  biasRegularizer: true,
  kernelConstraint: true,
  recurrentConstraint: true,
  biasConstraint: true,
} satisfies Record<Exclude<keyof RecurrentArgs, keyof LayerArgs>, unknown>);

/**
 * Checks the arguments of a recurrent layer's constructor and returns the options of this kind of layer, with defaults.
 * @throws TypeError, RangeError when the arguments are not an object or an option is unknown.
 */
export function readCellOptions<CellOptions extends object>(
  kind: string,
  args: Partial<CellOptions>,
  defaults: Defaults<CellOptions>,
): Defaults<CellOptions> {
  const example = `${kind}({ ${'cell' in defaults ? 'cell, ' : ''}units: 64 })`;
  checkLayerArgs(kind, args, [...Object.keys(defaults), ...RECURRENT_ARGS], example);
  return applyDefaults(args, defaults);
}

/**
 * The call settings from a layer's arguments.
 * @throws RangeError when the units or a dropout rate are out of range.
 */
export function readCallSettings(layer: string, args: RecurrentArgs): CallSettings {
  const { units } = args;
  if (!(Number.isInteger(units) && units > 0)) {
    throw new RangeError(`${layer}: units must be a positive whole number, but is ${units}.`);
  }
  const settings = applyDefaults<CallSettings>(args, CALL_DEFAULTS) as CallSettings;
  checkRate(layer, 'dropout', settings.dropout);
  checkRate(layer, 'recurrentDropout', settings.recurrentDropout);
  return settings;
}

function checkRate(layer: string, name: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new RangeError(`${layer}: ${name} must be at least 0 and below 1, but is ${rate}.`);
}
