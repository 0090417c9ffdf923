import { cells, type JsonObject } from '@sluice/core';
import type { Variant } from './variant.js';

/** Every combination of the given options, one object each; an option left at `undefined` is left out. */
function grid(
  options: Readonly<Record<string, readonly (string | number | boolean | undefined)[]>>,
): JsonObject[] {
  return Object.entries(options).reduce<JsonObject[]>(
    (rows, [name, values]) =>
      rows.flatMap((row) => values.map((value) => (value === undefined ? row : { ...row, [name]: value }))),
    [{}],
  );
}

/** The default value and the other one. */
const offAndDefault = [undefined, false];
const onAndDefault = [undefined, true];

/**
 * The activations for a recurrence. `exp` explodes there and `log` leaves its domain; other cells test these two with safe
 * arguments.
 */
const activations = [
  'relu',
  'sigmoid',
  'hardSigmoid',
  'hardSigmoidSixth',
  'softsign',
  'softplus',
  'silu',
  'gelu',
  'elu',
  'linear',
];

/** The defaults, and no bias. */
const usualOptions = grid({ useBias: offAndDefault });

/**
 * The options that change the equations, in all combinations; activations one at a time. A new cell comes last: the shapes, and
 * with them the ids of cases, go by the place in this list.
 */
const optionsOf: Readonly<Record<keyof typeof cells, readonly JsonObject[]>> = {
  simpleRnn: [...grid({ useBias: offAndDefault }), ...grid({ activation: activations })],
  lstm: [
    ...grid({ peephole: onAndDefault, useBias: offAndDefault }),
    ...grid({ recurrentActivation: ['hardSigmoid', 'hardSigmoidSixth'] }),
    ...grid({ activation: ['softsign', 'gelu'] }),
    { activation: 'relu', recurrentActivation: 'hardSigmoid', peephole: true },
    { outputActivation: 'softsign', peephole: true, inputForget: true, clip: 1.5 },
    { projection: 3 },
    ...grid({ layerNorm: [true], useBias: offAndDefault }),
  ],
  gru: [
    ...grid({ resetAfter: offAndDefault, update: [undefined, 'take'], useBias: offAndDefault }),
    ...grid({ resetAfter: offAndDefault, recurrentActivation: ['hardSigmoid', 'hardSigmoidSixth'] }),
    ...grid({ resetAfter: offAndDefault, activation: ['relu', 'silu'] }),
    ...grid({ layerNorm: [true], useBias: offAndDefault }),
  ],
  sru: [
    ...grid({
      version: [1, 2],
      highway: [true, false],
      activation: [undefined, 'tanh'],
      useBias: offAndDefault,
    }),
    ...grid({ version: [1, 2], rescale: [true], highwayBias: [-1] }),
    { activation: 'relu' },
    { projection: 2 },
    { layerNorm: true, rescale: true },
    { projection: 3, layerNorm: true, normalizeAfter: true },
    ...grid({ recurrence: ['full'], useBias: offAndDefault }),
  ],
  minGru: usualOptions,
  minLstm: usualOptions,
  indRnn: grid({ activation: [undefined, 'tanh'], useBias: offAndDefault }),
  liGru: grid({ activation: [undefined, 'tanh'], useBias: offAndDefault }),
  sLstm: usualOptions,
  mLstm: usualOptions,
  rgLru: usualOptions,
  qrnn: usualOptions,
  cfc: [
    ...grid({ mode: [undefined, 'noGate', 'pure'], backboneUnits: [6] }),
    { backboneUnits: 5, backboneLayers: 3, activation: 'silu' },
  ],
  s6: [{ stateSize: 3 }, { stateSize: 4, rank: 2 }],
  attentionGru: [...grid({ useBias: offAndDefault }), { window: 3 }],
};

/** Every cell of the catalogue with every option. */
export const catalogueVariants: readonly Variant[] = Object.entries(optionsOf).flatMap(([name, all]) => {
  const factory = cells[name as keyof typeof cells] as (options: JsonObject) => Variant['cell'];
  return all.map((options) => ({ name: variantName(name, options), cell: factory(options) }));
});

function variantName(cell: string, options: JsonObject): string {
  const settings = Object.entries(options).map(([option, value]) =>
    value === true ? option : value === false ? `no ${option}` : `${option} ${value}`,
  );
  return [cell, ...settings].join(', ');
}
