import type {
  cells,
  GruOptions,
  IndRnnOptions,
  JsonObject,
  LiGruOptions,
  LstmOptions,
  MinGruOptions,
  SimpleRnnOptions,
  SruOptions,
} from '@sluice/core';
import { type Defaults, givenOptions } from './layer-args.js';

interface OptionsOf {
  simpleRnn: SimpleRnnOptions;
  lstm: LstmOptions;
  gru: GruOptions;
  sru: SruOptions;
  minGru: MinGruOptions;
  indRnn: IndRnnOptions;
  liGru: LiGruOptions;
}

/**
 * The options of Sluice's cells and their defaults, which configurations of layers write down. The compiler compares
 * the names with the cells'.
 */
export const CELL_OPTIONS: { readonly [Name in keyof typeof cells]: Defaults<OptionsOf[Name]> } = {
  simpleRnn: { activation: 'tanh', clip: null, useBias: true },
  lstm: {
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    outputActivation: null,
    peephole: false,
    inputForget: false,
    clip: null,
    useBias: true,
  },
  gru: {
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    resetAfter: true,
    update: 'keep',
    clip: null,
    useBias: true,
  },
  sru: {
    version: 2,
    highway: true,
    activation: 'linear',
    rescale: false,
    highwayBias: null,
    scale: null,
    projectSkip: false,
    recurrence: 'light',
    useBias: true,
  },
  minGru: { useBias: true },
  indRnn: { activation: 'relu', useBias: true },
  liGru: { activation: 'relu', useBias: true },
};

/** The options of an SRU with full recurrence, which uses few of them. */
export const FULL_SRU_OPTIONS: Defaults<SruOptions> = {
  version: null,
  highway: null,
  activation: null,
  rescale: null,
  highwayBias: null,
  scale: null,
  projectSkip: null,
  recurrence: 'full',
  useBias: true,
};

/** A cell's options with the defaults of those that were not given. A cell of your own has those that it was given. */
export function completeOptions({ name, options }: { name: string; options: JsonObject }): JsonObject {
  if (!Object.hasOwn(CELL_OPTIONS, name)) return options;
  const defaults =
    options.recurrence === 'full' ? FULL_SRU_OPTIONS : CELL_OPTIONS[name as keyof typeof CELL_OPTIONS];
  return { ...givenOptions<object>(defaults), ...options };
}
