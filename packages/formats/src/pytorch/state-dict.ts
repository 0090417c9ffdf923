/** The tensors of a PyTorch model as layers, by their names: `encoder.weight_ih_l0_reverse`, `fc.weight`. */
import type { JsonObject } from '@sluice/core';
import { describe, FormatError } from '../bytes/format-error.js';
import type { AssumedOptions } from '../data/format.js';
import { type LayerData, makeKnownCell, type RecurrentLayerData, recurrentLayer } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { fromGates } from './gates.js';
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
 * @throws FormatError when an assumed option is unknown, or naming every module that cannot be read.
 */
export async function readStateDict(
  tensors: readonly FileTensor[],
  assume: AssumedOptions,
  file: string,
): Promise<NamedLayers> {
  checkAssumed(assume);
  const problems: string[] = [];
  const notes = new Set<string>();
  const modules = groupModules(tensors);
  const readSru = modules.some(isSru) ? (await import('../sru/state-dict.js')).readSru : undefined;
  const note = (text: string) => notes.add(text);
  const layers = modules.flatMap((module): LayerData[] => {
    try {
      return readModule(module, assume, file, note, readSru);
    } catch (error) {
      problems.push((error as Error).message.replace(`${file}: `, ''));
      return [];
    }
  });
  if (problems.length > 0) throw new FormatError(`${file}: ${problems.join('\n')}`);
  return { layers, notes: [...notes] };
}

const ASSUMED: { readonly [Name in keyof AssumedOptions]-?: readonly AssumedOptions[Name][] } = {
  nonlinearity: ['tanh', 'relu'],
  bidirectional: [true, false],
  highway: [true, false],
  activation: ['linear', 'tanh'],
  normalizeAfter: [true, false],
};

function checkAssumed(assume: AssumedOptions): void {
  for (const [name, value] of Object.entries(assume)) {
    const values: readonly unknown[] = Object.hasOwn(ASSUMED, name)
      ? ASSUMED[name as keyof AssumedOptions]
      : [];
    if (value === undefined || values.includes(value)) continue;
    const known = Object.entries(ASSUMED).map(([key, texts]) => `${key}: ${texts.join(' or ')}`);
    throw new FormatError(`assume has no ${name}: ${describe(value)}. It has ${known.join(', ')}.`);
  }
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
  for (const module of [...modules].map(([name, own]) => ({ name, tensors: own })).filter(isSru)) {
    // The layer normalisation of an SRU is a module inside of it.
    const inner = `${module.name}${module.name && '.'}layer_norm`;
    for (const [leaf, tensor] of modules.get(inner) ?? []) module.tensors.set(`layer_norm.${leaf}`, tensor);
    modules.delete(inner);
  }
  return [...modules].map(([name, own]) => ({ name, tensors: own }));
}

/** Whether the tensors of a module are those of a cell of asappresearch/sru. */
const isSru = ({ tensors }: NamedModule): boolean => tensors.has('weight_c') && tensors.has('weight');

function readModule(
  module: NamedModule,
  assume: AssumedOptions,
  file: string,
  note: (text: string) => void,
  readSru: typeof import('../sru/state-dict.js').readSru | undefined,
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
  if (readSru && isSru(module)) return [recurrentLayer(readSru(module, assume, note), file)];
  return readOther(module, note);
}

/** PyTorch's cells by the number of their gates, which are in its order. Source: torch.nn.RNN, GRU, LSTM, section "Variables". */
const CELLS: Readonly<Record<number, { name: string; gates: string }>> = {
  1: { name: 'simpleRnn', gates: 'h' },
  3: { name: 'gru', gates: 'rzn' },
  4: { name: 'lstm', gates: 'ifgo' },
};

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
  const [weightIh, weightHh, biasIh, biasHh, weightHr] = [
    ...['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'weight_hr'],
  ].map((leaf) => tensors.get(leaf + suffix));
  const projection = weightHr?.shape[0];
  const units = (weightHr ?? weightHh)?.shape[1] ?? 0;
  const rows = weightHh?.shape[0] ?? 0;
  const kind = CELLS[rows / units];
  const isRows = (tensor: FileTensor | undefined, dimensions: number) =>
    tensor?.shape.length === dimensions && tensor.shape[0] === rows;
  const isRight =
    isRows(weightIh, 2) &&
    isRows(weightHh, 2) &&
    !biasIh === !biasHh &&
    [biasIh, biasHh].every((bias) => !bias || isRows(bias, 1)) &&
    (!weightHr ||
      (weightHr.shape.length === 2 && kind?.name === 'lstm' && weightHh?.shape[1] === projection));
  if (!kind || !weightIh || !weightHh || !isRight) {
    const shapes = [weightIh, weightHh, biasIh, biasHh].map((tensor) =>
      tensor ? `[${tensor.shape.join(', ')}]` : 'missing',
    );
    throw new FormatError(
      `${file}: ${label}: weight_ih${suffix}, weight_hh${suffix}, bias_ih${suffix} and bias_hh${suffix} have the shapes ` +
        `${shapes.join(', ')}; expected [gates·units, inputs], [gates·units, units] and both biases [gates·units] or none, ` +
        'with 1, 3 or 4 gates (RNN, GRU, LSTM); an LSTM may have weight_hr [projection, units] too.',
    );
  }
  const sizes = { inputSize: weightIh.shape[1], units };
  const options: Record<string, JsonObject[string]> = biasIh ? {} : { useBias: false };
  if (projection !== undefined) options.projection = projection;
  if (kind.name === 'simpleRnn') {
    options.activation = assume.nonlinearity ?? 'tanh';
    if (assume.nonlinearity === undefined) {
      note(
        "The file does not say whether an RNN's nonlinearity is tanh or relu; tanh is assumed. The option assume.nonlinearity sets it.",
      );
    }
  }
  const cell = { name: kind.name, options };
  const parameters = makeKnownCell(cell).parameters(sizes);
  return {
    cell,
    sizes,
    weights: fromGates(
      { weightIh, weightHh, biases: biasIh && biasHh && [biasIh, biasHh], weightHr },
      [...kind.gates],
      parameters,
    ),
  };
}
