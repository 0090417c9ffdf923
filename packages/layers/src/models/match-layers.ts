/** Which layer of a file goes to which layer of a model. */
import { cellFrom, type JsonObject } from '@sluice/core';
import { activationAliases } from '@sluice/core/equations';
import type { LayerData, ModelFile } from '@sluice/formats';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { formatShape } from '../checks.js';
import { Bidirectional } from '../layers/bidirectional.js';
import { completeOptions } from '../layers/cell-options.js';
import { RecurrentLayer } from '../layers/recurrent-layer.js';
import { leavesOf } from './acceleration.js';
import { follows } from './graph-order.js';

/** Layers of a file and the model's layers that they are for; null leaves one out: `{ 'encoder.l0': 'lstm_1', fc: null }`. */
export type WeightMapping = Readonly<Record<string, string | null>>;

/** One pair of a match. */
export interface MatchedLayer {
  /** The name in the file. */
  readonly from: string;
  /** The path of the model's layer. */
  readonly to: string;
  readonly shapes: readonly (readonly number[])[];
}

/** Which layer of a file goes to which layer of a model. Its text is a table. */
export class WeightMatch {
  constructor(
    readonly pairs: readonly MatchedLayer[],
    /** Layers of the file without a place in the model. */
    readonly unused: readonly string[],
    /** Layers of the model without weights in the file. */
    readonly missing: readonly string[],
    /** What else is wrong, a sentence each: layers that fit several places, pairs that do not fit. */
    readonly problems: readonly string[] = [],
  ) {}

  toString(): string {
    const width = Math.max(0, ...this.pairs.map(({ from }) => from.length));
    return [
      ...this.pairs.map(
        ({ from, to, shapes }) => `${from.padEnd(width)} → ${to}  ${shapes.map(formatShape).join(' ')}`,
      ),
      ...this.unused.map((name) => `${name}: no layer of the model fits`),
      ...this.missing.map((name) => `${name}: no layer of the file fits`),
      ...this.problems,
    ].join('\n');
  }
}

/**
 * Matches layers by the mapping, then by kind and shapes. Where several layers fit several places, those whose names differ by
 * numbers (`gru`, `gru_1`; `lstm.l0`, `lstm.l1`) go in the order of the numbers to layers that follow each other, others to
 * the layers of their names. The order of a file says nothing: safetensors sorts by name.
 */
export function matchLayers(file: ModelFile, model: LayersModel, mapping: WeightMapping): WeightMatch {
  const pairs: MatchedLayer[] = [];
  const problems: string[] = [];
  const free = new Map(leavesOf(model).filter(([, layer]) => layer.weights.length > 0));
  const take = (from: LayerData, to: string) => {
    const target = free.get(to) as layers.Layer;
    pairs.push({ from: from.name, to, shapes: shapesOf(target) });
    problems.push(...compareOptions(from, to, target, file));
    free.delete(to);
  };
  const isMapped = ({ name }: LayerData) => Object.hasOwn(mapping, name);
  for (const layer of file.layers.filter(isMapped)) {
    const to = mapping[layer.name];
    if (to === null) continue;
    const target = free.get(to);
    if (target && fits(layer, target)) take(layer, to);
    else problems.push(describeMisfit(layer, to, target));
    free.delete(to);
  }

  const open = file.layers
    .filter((layer) => !isMapped(layer))
    .sort(compareNumbers)
    .map((layer) => ({ layer, places: placesOf(layer, free) }));
  const unclear = new Set<string>();
  for (const candidate of open) {
    const rivals = open.filter(({ places }) => places.some((place) => candidate.places.includes(place)));
    if (candidate.places.length < 2 || isInOrder(rivals, model)) continue;
    const { layer, places } = candidate;
    if (haveNames(rivals)) {
      take(layer, nameInModel(layer));
      continue;
    }
    problems.push(`${layer.name}: it fits ${places.join(', ')}`);
    for (const name of [layer.name, ...places]) unclear.add(name);
  }
  const taken = new Set(pairs.map(({ from }) => from));
  const unused: string[] = [];
  for (const { layer } of open) {
    if (taken.has(layer.name) || unclear.has(layer.name)) continue;
    const [place] = placesOf(layer, free);
    if (place === undefined) unused.push(layer.name);
    else take(layer, place);
  }
  const position = new Map(file.layers.map(({ name }, i) => [name, i]));
  pairs.sort((a, b) => (position.get(a.from) as number) - (position.get(b.from) as number));
  const missing = [...free.keys()].filter((path) => !unclear.has(path));
  return new WeightMatch(pairs, unused, missing, problems);
}

/** A layer of a file and the model's layers that it fits. */
interface Candidate {
  readonly layer: LayerData;
  readonly places: readonly string[];
}

const placesOf = (layer: LayerData, targets: ReadonlyMap<string, layers.Layer>): string[] =>
  [...targets].filter(([, target]) => fits(layer, target)).map(([path]) => path);

/** Whether numbers in the names give the order of the file's layers, and the graph that of the model's. */
function isInOrder(rivals: readonly Candidate[], model: LayersModel): boolean {
  const [{ layer }] = rivals;
  if (rivals.some((rival) => familyOf(rival.layer) !== familyOf(layer))) return false;
  const places = [...new Set(rivals.flatMap((rival) => rival.places))];
  return places.every((place, i) => i === 0 || follows(model, places[i - 1], place));
}

/** Whether each layer of the file fits a layer of its own name. */
const haveNames = (rivals: readonly Candidate[]): boolean =>
  new Set(rivals.map(({ layer }) => nameInModel(layer))).size === rivals.length &&
  rivals.every(({ layer, places }) => places.includes(nameInModel(layer)));

/** A name without its numbers. */
const familyOf = ({ name }: LayerData): string => name.replaceAll(/[_-]?\d+/g, '');

/** The path that a layer of this name has in a model: PyTorch separates by dots and numbers the layers of a stack. */
const nameInModel = ({ name }: LayerData): string => name.replace(/\.l\d+$/, '').replaceAll('.', '/');

/** Compares layers by the numbers in their names, so that `fc2` is before `fc10`. */
function compareNumbers(a: LayerData, b: LayerData): number {
  const [first, second] = [a, b].map(({ name }) => (name.match(/\d+/g) ?? []).map(Number));
  const index = first.findIndex((number, i) => number !== second[i]);
  return index < 0 ? first.length - second.length : first[index] - (second[index] ?? -1);
}

const shapesOf = (layer: layers.Layer): (readonly number[])[] =>
  layer.weights.map(({ shape }) => shape as number[]);

function shapesInFile(data: LayerData): (readonly number[])[] {
  if (data.kind === 'other') return data.weights.map(({ shape }) => shape);
  const shapes = cellFrom(data.cell)
    .parameters(data.sizes)
    .map(({ shape }) => shape);
  return data.directions.flatMap(() => shapes);
}

/** Whether a layer of a file has the kind and the shapes of a model's layer. */
function fits(data: LayerData, target: layers.Layer): boolean {
  const recurrent = target instanceof Bidirectional ? target.forwardLayer : target;
  const isRecurrent = recurrent instanceof RecurrentLayer;
  if (data.kind === 'recurrent' && isRecurrent && recurrent.cell.name !== data.cell.name) return false;
  if (data.kind === 'other' && isRecurrent) return false;
  if (data.kind === 'other' && !isSameClass(data.className, target.getClassName())) return false;
  return JSON.stringify(shapesInFile(data)) === JSON.stringify(shapesOf(target));
}

const isSameClass = (inFile: string, inModel: string): boolean =>
  inFile === 'unknown' || inModel === 'TimeDistributed' || inModel.replace(/^Sluice/, '') === inFile;

function describeMisfit(data: LayerData, to: string, target: layers.Layer | undefined): string {
  if (!target) return `${data.name} → ${to}: the mapping has ${to} twice`;
  return `${data.name} → ${to}: the file has ${describeData(data)}, the model ${describeTarget(target)}`;
}

/** Kind and shapes of a layer of a file: `gru [4, 18] [6, 18] [2, 18]`. */
export const describeData = (data: LayerData): string =>
  [data.kind === 'recurrent' ? data.cell.name : data.className, ...shapesInFile(data).map(formatShape)].join(
    ' ',
  );

/** Class and shapes of a layer of a model. */
export const describeTarget = (target: layers.Layer): string =>
  [target.getClassName(), ...shapesOf(target).map(formatShape)].join(' ');

/** Formats of which weights alone say the activations of an LSTM and a GRU: their library has no others. */
const FIXED_OPTIONS = ['pytorch', 'safetensors'];

/** Where the equations of a pair differ, so that its numbers would be wrong. */
function compareOptions(data: LayerData, to: string, target: layers.Layer, file: ModelFile): string[] {
  if (data.kind !== 'recurrent') return [];
  const isFixed = FIXED_OPTIONS.includes(file.format) && data.cell.name !== 'simpleRnn';
  if (!isFixed && !file.topology && file.format !== 'onnx') return [];
  const inFile = completeOptions(cellFrom(data.cell));
  const inModel = optionsOf(target);
  return Object.keys(inFile)
    .filter((option) => inModel[option] !== undefined && !isSame(inFile[option], inModel[option]))
    .map(
      (option) =>
        `${data.name} → ${to}: ${option} is ${JSON.stringify(inFile[option])} in the file, ` +
        `${JSON.stringify(inModel[option])} in the model`,
    );
}

const isSame = (a: unknown, b: unknown): boolean =>
  JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));

/** Activations have several names, such as `hard_sigmoid`. */
const canonical = (value: unknown): unknown =>
  typeof value === 'string' && Object.hasOwn(activationAliases, value)
    ? activationAliases[value as keyof typeof activationAliases]
    : value;

/** The options of a layer's cell. Of TensorFlow.js's layers only the activations: its weights have the shapes of the others. */
function optionsOf(target: layers.Layer): JsonObject {
  const { forwardLayer = target } = target as unknown as { forwardLayer?: layers.Layer };
  if (forwardLayer instanceof RecurrentLayer) return completeOptions(forwardLayer.cell);
  const { activation, recurrentActivation } = forwardLayer.getConfig() as JsonObject;
  return { activation, recurrentActivation };
}
