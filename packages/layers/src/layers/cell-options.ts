/** The options of cells as configurations of layers store them. */
import type {
  AttentionGruOptions,
  CfcOptions,
  cells,
  GruOptions,
  IndRnnOptions,
  Json,
  JsonObject,
  LiGruOptions,
  LstmOptions,
  MinGruOptions,
  MinLstmOptions,
  MLstmOptions,
  QrnnOptions,
  RgLruOptions,
  S6Options,
  SimpleRnnOptions,
  SLstmOptions,
  SruOptions,
} from '@sluice/core';
import { type Defaults, omitNulls } from './layer-args.js';

interface OptionsOf {
  simpleRnn: SimpleRnnOptions;
  lstm: LstmOptions;
  gru: GruOptions;
  sru: SruOptions;
  minGru: MinGruOptions;
  minLstm: MinLstmOptions;
  indRnn: IndRnnOptions;
  liGru: LiGruOptions;
  attentionGru: AttentionGruOptions;
  cfc: CfcOptions;
  mLstm: MLstmOptions;
  qrnn: QrnnOptions;
  rgLru: RgLruOptions;
  s6: S6Options;
  sLstm: SLstmOptions;
}

/** The options of Sluice's cells and their defaults. The compiler compares the names with the cells' types. */
export const CELL_OPTIONS: { readonly [Name in keyof typeof cells]: Defaults<OptionsOf[Name]> } = {
  simpleRnn: { activation: 'tanh', clip: null, useBias: true },
  lstm: {
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    outputActivation: null,
    peephole: false,
    inputForget: false,
    projection: null,
    layerNorm: false,
    clip: null,
    useBias: true,
  },
  gru: {
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    resetAfter: true,
    update: 'keep',
    layerNorm: false,
    groups: null,
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
    projection: null,
    layerNorm: false,
    normalizeAfter: false,
    recurrence: 'light',
    useBias: true,
  },
  minGru: { useBias: true },
  minLstm: { useBias: true },
  indRnn: { activation: 'relu', useBias: true },
  liGru: { activation: 'relu', useBias: true },
  sLstm: { heads: 1, useBias: true },
  mLstm: { heads: 1, useBias: true },
  rgLru: { heads: 1, useBias: true },
  qrnn: { useBias: true },
  cfc: { mode: 'default', backboneUnits: 128, backboneLayers: 1, activation: null },
  s6: { stateSize: 16, rank: null },
  attentionGru: { window: 8, useBias: true },
};

/** The options of an SRU with full recurrence, which has few of them. */
export const FULL_SRU_OPTIONS: Defaults<SruOptions> = {
  version: null,
  highway: null,
  activation: null,
  rescale: null,
  highwayBias: null,
  scale: null,
  projectSkip: null,
  projection: null,
  layerNorm: null,
  normalizeAfter: null,
  recurrence: 'full',
  useBias: true,
};

/** A cell's options with the defaults for the missing ones. A user's cell has no defaults here. */
export function completeOptions({ name, options }: { name: string; options: JsonObject }): JsonObject {
  if (!Object.hasOwn(CELL_OPTIONS, name)) return options;
  const defaults =
    options.recurrence === 'full' ? FULL_SRU_OPTIONS : CELL_OPTIONS[name as keyof typeof CELL_OPTIONS];
  return { ...omitNulls<object>(defaults), ...options };
}

/**
 * JSON as text that TensorFlow.js does not change in saved models. It turns every string into snake case when saving and into
 * camel case when loading. That changes capitals and underscores, so these become `\u` escapes.
 */
export function toConfigText(value: Json): string {
  return JSON.stringify(value).replace(/[A-Z_]|[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The value of a text that `toConfigText` wrote. */
export const parseConfigText = (text: string): Json => JSON.parse(text) as Json;
