/** The initializers, regularizers and constraints of a recurrent layer's weights. */
import type { ParameterShape } from '@sluice/core';
import {
  createConstraint,
  createInitializer,
  createRegularizer,
  type SavedObject,
  toSavedObject,
} from '../weights/identifiers.js';
import type { Constraint, Initializer, Regularizer } from '../weights/layer-weights.js';
import { Orthogonal } from '../weights/orthogonal.js';
import { deriveStreamSeed } from '../weights/random.js';
import type { RecurrentArgs } from './recurrent-args.js';

/** The groups of weights for which Keras has separate initializers, regularizers and constraints. */
const WEIGHT_GROUPS = ['kernel', 'recurrent', 'bias'] as const;
type WeightGroup = (typeof WEIGHT_GROUPS)[number];

/** The settings of the weights of one group. */
export interface WeightSettings {
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | null;
  readonly constraint: Constraint | null;
}

export type GroupSettings = Readonly<Record<WeightGroup, WeightSettings>>;

/** Keras's initializers, or those of a cell that differs. */
export type DefaultInitializers = Readonly<Partial<Record<WeightGroup, string | SavedObject>>>;

const KERAS_INITIALIZERS = { kernel: 'glorotUniform', recurrent: 'orthogonal', bias: 'zeros' };

/** The settings of each group from a layer's arguments. */
export function readWeightSettings(args: RecurrentArgs, defaults: DefaultInitializers): GroupSettings {
  const initializers = { ...KERAS_INITIALIZERS, ...defaults };
  const settings = WEIGHT_GROUPS.map((group): [WeightGroup, WeightSettings] => {
    const seed = args.seed == null ? undefined : deriveStreamSeed(args.seed, group);
    return [
      group,
      {
        initializer: createInitializer(args[`${group}Initializer`] ?? initializers[group], seed),
        regularizer: createRegularizer(args[`${group}Regularizer`]),
        constraint: createConstraint(args[`${group}Constraint`]),
      },
    ];
  });
  return Object.fromEntries(settings) as GroupSettings;
}

/** The settings of one parameter. A recurrent vector cannot be orthogonal; it starts from `glorotUniform` instead. */
export function settingsOf(
  { role }: ParameterShape,
  settings: GroupSettings,
  seed: number | undefined,
): WeightSettings {
  const name = role === 'projection' ? 'kernel' : role;
  const group = settings[name === 'kernel' || name === 'bias' ? name : 'recurrent'];
  const isOrthogonal = ['Orthogonal', Orthogonal.className].includes(group.initializer.getClassName());
  if (role !== 'recurrentVector' || !isOrthogonal) return group;
  const vectorSeed = seed === undefined ? undefined : deriveStreamSeed(seed, 'recurrentVector');
  return { ...group, initializer: createInitializer('glorotUniform', vectorSeed) };
}

/** The settings as a layer's arguments, for saving. */
export function toWeightConfig(settings: GroupSettings): Record<string, SavedObject | null> {
  return Object.fromEntries(
    WEIGHT_GROUPS.flatMap((group) => [
      [`${group}Initializer`, toSavedObject(settings[group].initializer)],
      [`${group}Regularizer`, toSavedObject(settings[group].regularizer)],
      [`${group}Constraint`, toSavedObject(settings[group].constraint)],
    ]),
  );
}
