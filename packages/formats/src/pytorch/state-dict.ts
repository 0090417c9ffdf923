/** The tensors of a PyTorch model as layers, by their names: `encoder.weight_ih_l0_reverse`, `fc.weight`. */
import type { JsonObject } from '@sluice/core';
import { type FloatArray, layouts } from '@sluice/core/layouts';
import { FormatError } from '../bytes/format-error.js';
import type { AssumedOptions } from '../data/format.js';
import { type CellWeights, type LayerData, type RecurrentLayerData, recurrentLayer } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { isSru, readSru } from '../sru/state-dict.js';
import { type NamedModule, readOther } from './other-layers.js';

/** Layers, and notes about what the names and shapes do not say. */
export interface NamedLayers {
  readonly layers: readonly LayerData[];
  readonly notes: readonly string[];
}

const RECURRENT = /^(weight|bias)_(ih|hh|hr)(?:_l(\d+)(_reverse)?)?$/;

/** Prefixes that wrappers add to every name. */
const WRAPPERS = /^(module\.|_orig_mod\.)+/;

/**
 * The layers of a state_dict.
 * @throws FormatError naming every module that cannot be read.
 */
export function readStateDict(
  tensors: readonly FileTensor[],
  assume: AssumedOptions,
  file: string,
): NamedLayers {
  const problems: string[] = [];
  const notes = new Set<string>();
  const layers = groupModules(tensors).flatMap((module): LayerData[] => {
    try {
      return readModule(module, assume, file, (note) => notes.add(note));
    } catch (error) {
      problems.push((error as Error).message.replace(`${file}: `, ''));
      return [];
    }
  });
  if (problems.length > 0) throw new FormatError(`${file}: ${problems.join('\n')}`);
  return { layers, notes: [...notes] };
}

/** The modules in the order of their first tensor. */
function groupModules(tensors: readonly FileTensor[]): NamedModule[] {
  const modules = new Map<string, Map<string, FileTensor>>();
  for (const tensor of tensors) {
    const parts = tensor.name.replace(WRAPPERS, '').split('.');
    // Parametrizations are modules inside of the module.
    const end = parts.indexOf('parametrizations');
    const count = end >= 0 ? end : parts.length - 1;
    const name = parts.slice(0, count).join('.');
    const module = modules.get(name) ?? new Map<string, FileTensor>();
    module.set(parts.slice(count).join('.'), tensor);
    modules.set(name, module);
  }
  return [...modules].map(([name, own]) => ({ name, tensors: own }));
}

function readModule(
  module: NamedModule,
  assume: AssumedOptions,
  file: string,
  note: (text: string) => void,
): LayerData[] {
  const names = [...module.tensors.keys()];
  const label = module.name || 'the model';
  const normed = names.find(
    (name) => /(_g|_v)$|^parametrizations\./.test(name) && !/^weight_hh_g$/.test(name),
  );
  if (normed !== undefined) {
    throw new FormatError(
      `${file}: ${label} has ${normed}, a parametrization such as weight_norm. Remove it before saving: ` +
        'torch.nn.utils.parametrize.remove_parametrizations(module, name).',
    );
  }
  if (names.some((name) => RECURRENT.test(name))) return readRecurrent(module, assume, file, note);
  if (isSru(module)) return [readSru(module, assume, file, note)];
  return readOther(module, note);
}

const KINDS = {
  1: { cell: 'simpleRnn', layout: layouts.pytorch.simpleRnn },
  3: { cell: 'gru', layout: layouts.pytorch.gru },
  4: { cell: 'lstm', layout: layouts.pytorch.lstm },
} as const;

function readRecurrent(
  { name, tensors }: NamedModule,
  assume: AssumedOptions,
  file: string,
  note: (text: string) => void,
): RecurrentLayerData[] {
  const label = name || 'rnn';
  const unknown = [...tensors.keys()].filter((leaf) => !RECURRENT.test(leaf));
  if (unknown.length > 0)
    throw new FormatError(`${file}: ${label} has ${unknown.join(', ')}, which no recurrent module has.`);
  if ([...tensors.keys()].some((leaf) => leaf.startsWith('weight_hr'))) {
    throw new FormatError(
      `${file}: ${label} has weight_hr, so it is an LSTM with proj_size. Its states have two widths, which Sluice's cells cannot have yet.`,
    );
  }
  const numbers = [...tensors.keys()].flatMap((leaf) => RECURRENT.exec(leaf)?.[3] ?? []);
  const suffixes = numbers.length > 0 ? [...new Set(numbers)].map((number) => `_l${number}`) : [''];
  return suffixes
    .sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)))
    .map((suffix) => {
      const isPair = tensors.has(`weight_hh${suffix}_reverse`);
      const parts = [suffix, ...(isPair ? [`${suffix}_reverse`] : [])].map((part) =>
        readDirection(label, tensors, part, assume, file, note),
      );
      const [{ cell, sizes }] = parts;
      return recurrentLayer(
        {
          name: suffix === '' ? label : `${name}${name && '.'}${suffix.slice(1)}`,
          cell,
          sizes,
          directions: parts.map(({ weights }, i) => ({ goBackwards: i === 1, weights })),
          call: { returnSequences: true, zeroOutputForMask: true },
        },
        file,
      );
    });
}

function readDirection(
  label: string,
  tensors: ReadonlyMap<string, FileTensor>,
  suffix: string,
  assume: AssumedOptions,
  file: string,
  note: (text: string) => void,
) {
  const [weightIh, weightHh, biasIh, biasHh] = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((leaf) =>
    tensors.get(leaf + suffix),
  );
  const units = weightHh?.shape[1] ?? 0;
  const gates = (weightHh?.shape[0] ?? 0) / units;
  const kind = Object.hasOwn(KINDS, gates) ? KINDS[gates as keyof typeof KINDS] : undefined;
  const isMatrix = weightIh?.shape.length === 2 && weightHh?.shape.length === 2;
  if (!kind || !isMatrix || !weightIh || !weightHh) {
    const shapes = [weightIh, weightHh]
      .map((tensor) => `[${tensor?.shape.join(', ') ?? 'missing'}]`)
      .join(' and ');
    throw new FormatError(
      `${file}: ${label}: weight_ih${suffix} and weight_hh${suffix} have the shapes ${shapes}; expected ` +
        '[gates·units, inputs] and [gates·units, units] with 1, 3 or 4 gates (RNN, GRU, LSTM).',
    );
  }
  const sizes = { inputSize: weightIh.shape[1], units };
  const given = {
    weightIh: floats(weightIh),
    weightHh: floats(weightHh),
    ...(biasIh && { biasIh: floats(biasIh) }),
    ...(biasHh && { biasHh: floats(biasHh) }),
  };
  let weights: CellWeights;
  try {
    weights = kind.layout.toNative(given, sizes) as CellWeights;
  } catch (error) {
    throw new FormatError(`${file}: ${label}: ${(error as Error).message}`);
  }
  const options: Record<string, JsonObject[string]> = biasIh ? {} : { useBias: false };
  if (kind.cell === 'simpleRnn') {
    options.activation = assume.nonlinearity ?? 'tanh';
    if (assume.nonlinearity === undefined) {
      note(
        "The file does not say whether an RNN's nonlinearity is tanh or relu; tanh is assumed. The option assume.nonlinearity sets it.",
      );
    }
  }
  return { cell: { name: kind.cell, options }, sizes, weights: withoutMissing(weights) };
}

/** The numbers of a tensor; layouts take floats of one type. */
export const floats = ({ values }: FileTensor): FloatArray =>
  values instanceof Float64Array ? values : Float32Array.from(values);

const withoutMissing = (weights: CellWeights): CellWeights =>
  Object.fromEntries(Object.entries(weights).filter(([, values]) => values !== undefined));
