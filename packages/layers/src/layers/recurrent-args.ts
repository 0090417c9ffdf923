import type { Sizes } from '@sluice/core';
import {
  constraintFrom,
  type Identifier,
  initializerFrom,
  regularizerFrom,
  type SavedObject,
  savedForm,
} from '../weights/identifiers.js';
import { streamSeed } from '../weights/random.js';
import type { Constraint, Initializer, Regularizer } from '../weights/weight-rules.js';
import { checkLayerArgs, type Defaults, withDefaults } from './layer-args.js';
import type { LayerArgs } from './layer-inputs.js';

/** What every recurrent layer takes, with Keras 3's names, meanings and defaults. */
export interface RecurrentArgs extends LayerArgs {
  /** Features of the output and of every state. */
  units: number;
  /** Default `glorotUniform` (SRU: `leCunUniform`). */
  kernelInitializer?: Identifier<Initializer>;
  /**
   * Default `orthogonal` (SRU: uniform in ±√1.5). Recurrent vectors, which cannot be orthogonal, start from
   * `glorotUniform` then.
   */
  recurrentInitializer?: Identifier<Initializer>;
  /** Default `zeros`, except where the cell says otherwise: an LSTM's forget bias, an SRU's highway bias. */
  biasInitializer?: Identifier<Initializer>;
  kernelRegularizer?: Identifier<Regularizer> | null;
  recurrentRegularizer?: Identifier<Regularizer> | null;
  biasRegularizer?: Identifier<Regularizer> | null;
  kernelConstraint?: Identifier<Constraint> | null;
  recurrentConstraint?: Identifier<Constraint> | null;
  biasConstraint?: Identifier<Constraint> | null;
  /** Share of the inputs dropped while training, the same ones at every step. 0 ≤ rate < 1. Default 0. */
  dropout?: number;
  /** The same for what the recurrent kernel multiplies, one mask for each of its blocks. Default 0. */
  recurrentDropout?: number;
  /** Whether to return the output of every step rather than of the last. Default false. */
  returnSequences?: boolean;
  /** Whether to return the last states as well, behind the output. Default false. */
  returnState?: boolean;
  /** Whether time runs from the last step to the first; outputs then come in that order. Default false. */
  goBackwards?: boolean;
  /** Whether the states a batch ends with are those that the next one starts with. Default false. */
  stateful?: boolean;
  /** Accepted for Keras's sake; it changes nothing. */
  unroll?: boolean;
  /** Whether the output of a masked step is zero rather than the one before it. Default false. */
  zeroOutputForMask?: boolean;
  /** Makes start values and dropout repeatable. A whole number. Default: none. */
  seed?: number;
}

/** The weights with which Keras's arguments come in threes. */
export const WEIGHT_GROUPS = ['kernel', 'recurrent', 'bias'] as const;
export type WeightGroup = (typeof WEIGHT_GROUPS)[number];

/** What a weight of one group is made with. */
export interface WeightSettings {
  initializer: Initializer;
  regularizer: Regularizer | null;
  constraint: Constraint | null;
}

export type DefaultInitializers = Readonly<Record<WeightGroup, string | SavedObject>>;

/** The weight settings that the arguments ask for. */
export function weightSettings(
  args: RecurrentArgs,
  defaults: DefaultInitializers,
): Readonly<Record<WeightGroup, WeightSettings>> {
  const settings = WEIGHT_GROUPS.map((group): [WeightGroup, WeightSettings] => {
    const seed = args.seed == null ? undefined : streamSeed(args.seed, group);
    return [
      group,
      {
        initializer: initializerFrom(args[`${group}Initializer`] ?? defaults[group], seed),
        regularizer: regularizerFrom(args[`${group}Regularizer`]),
        constraint: constraintFrom(args[`${group}Constraint`]),
      },
    ];
  });
  return Object.fromEntries(settings) as Record<WeightGroup, WeightSettings>;
}

/** The same as arguments again, to be saved. */
export function weightConfig(
  settings: Readonly<Record<WeightGroup, WeightSettings>>,
): Record<string, SavedObject | null> {
  return Object.fromEntries(
    WEIGHT_GROUPS.flatMap((group) => [
      [`${group}Initializer`, savedForm(settings[group].initializer)],
      [`${group}Regularizer`, savedForm(settings[group].regularizer)],
      [`${group}Constraint`, savedForm(settings[group].constraint)],
    ]),
  );
}

/** The arguments that say what a call does, with their defaults. */
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

/** The names of the arguments of every recurrent layer; the compiler compares them. */
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
 * The options that one kind of recurrent layer has besides those of all, complete.
 * @param args what its constructor was given, checked here.
 * @throws TypeError, RangeError when it is no object, or has an option that the layer does not have.
 */
export function ownOptions<Own extends object>(
  kind: string,
  args: Partial<Own>,
  defaults: Defaults<Own>,
): Defaults<Own> {
  const more = 'cell' in defaults ? 'cell, ' : '';
  const example = `${kind}({ ${more}units: 64 })`;
  checkLayerArgs(kind, args, [...Object.keys(defaults), ...RECURRENT_ARGS], example);
  return withDefaults(args, defaults);
}

/**
 * The call settings that the arguments ask for.
 * @throws RangeError when the units or a dropout rate cannot be.
 */
export function callSettings(layer: string, args: RecurrentArgs): CallSettings {
  checkUnits(layer, args);
  const settings = withDefaults<CallSettings>(args, CALL_DEFAULTS) as CallSettings;
  checkRate(layer, 'dropout', settings.dropout);
  checkRate(layer, 'recurrentDropout', settings.recurrentDropout);
  return settings;
}

function checkUnits(layer: string, { units }: Pick<Sizes, 'units'>): void {
  if (Number.isInteger(units) && units > 0) return;
  throw new RangeError(`${layer}: units must be a positive whole number, but is ${units}.`);
}

function checkRate(layer: string, name: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new RangeError(`${layer}: ${name} must be at least 0 and below 1, but is ${rate}.`);
}
