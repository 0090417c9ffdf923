import { type LayerData, type ReadOptions, readModel, type Source } from '@sluice/formats';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { Bidirectional } from '../layers/bidirectional.js';
import { RecurrentLayer } from '../layers/recurrent-layer.js';
import { leavesOf, setLayer, weightsOf } from './build-model.js';
import { describeSource } from './load-model.js';

/** The layer of a file for layers of a model: `{ 'encoder.lstm.l0': 'lstm_1' }`. */
export type WeightMapping = Readonly<Record<string, string>>;

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
  ) {}

  toString(): string {
    const width = Math.max(0, ...this.pairs.map(({ from }) => from.length));
    return [
      ...this.pairs.map(({ from, to, shapes }) => {
        const list = shapes.map((shape) => `[${shape.join(', ')}]`).join(' ');
        return `${from.padEnd(width)} → ${to}  ${list}`;
      }),
      ...this.unused.map((name) => `${name}: no layer of the model fits`),
      ...this.missing.map((name) => `${name}: no layer of the file fits`),
    ].join('\n');
  }
}

/**
 * Loads weights into a model that is built already: PyTorch's `.pt` and `.safetensors`, Keras's weights, ONNX, any format that
 * `@sluice/formats` reads. Layers are matched by kind and shapes, those of equal shapes in their order. Nothing is set unless
 * every layer has its partner.
 *
 * @param mapping names of the file's layers and paths of the model's, for those that shapes and order do not match.
 * @returns the match.
 * @throws Error with the table of the match when a layer of either side is left over; RangeError when the mapping names a layer
 *   that does not exist.
 */
export async function loadWeights(
  model: LayersModel,
  source: Source,
  mapping: WeightMapping = {},
  options: ReadOptions = {},
): Promise<WeightMatch> {
  const file = describeSource(source);
  const { layers: data } = await readModel(source, options);
  const targets = leavesOf(model).filter(([, layer]) => layer.weights.length > 0);
  checkMapping(mapping, data, targets, file);
  const match = matchLayers(data, targets, mapping);
  if (match.unused.length > 0 || match.missing.length > 0) {
    throw new Error(
      `${file}: its layers do not match those of the model, so nothing was set.\n${match}\n` +
        `Give the pairs as the third argument: loadWeights(model, source, { '${data[0]?.name}': '${targets[0]?.[0]}' }).`,
    );
  }
  const byName = new Map(data.map((layer) => [layer.name, layer]));
  const byPath = new Map(targets);
  for (const { from, to } of match.pairs) {
    setLayer(byPath.get(to) as layers.Layer, byName.get(from) as LayerData, file);
  }
  return match;
}

type Target = [path: string, layer: layers.Layer];

function checkMapping(
  mapping: WeightMapping,
  data: readonly LayerData[],
  targets: readonly Target[],
  file: string,
): void {
  const check = (kind: string, given: readonly string[], known: readonly string[]) => {
    const unknown = given.filter((name) => !known.includes(name));
    if (unknown.length === 0) return;
    throw new RangeError(`${file}: ${kind} has no layer ${unknown.join(', ')}. It has ${known.join(', ')}.`);
  };
  check(
    'the file',
    Object.keys(mapping),
    data.map(({ name }) => name),
  );
  check(
    'the model',
    Object.values(mapping),
    targets.map(([path]) => path),
  );
}

function matchLayers(
  data: readonly LayerData[],
  targets: readonly Target[],
  mapping: WeightMapping,
): WeightMatch {
  const pairs: MatchedLayer[] = [];
  const free = new Map(targets);
  const take = (from: LayerData, to: string) => {
    pairs.push({ from: from.name, to, shapes: shapesOf(free.get(to) as layers.Layer) });
    free.delete(to);
  };
  const mapped = data.filter(({ name }) => Object.hasOwn(mapping, name));
  for (const layer of mapped) take(layer, mapping[layer.name]);
  const unused: string[] = [];
  for (const layer of data) {
    if (mapped.includes(layer)) continue;
    const found = [...free].find(([, target]) => fits(layer, target));
    if (found) take(layer, found[0]);
    else unused.push(layer.name);
  }
  return new WeightMatch(pairs, unused, [...free.keys()]);
}

const shapesOf = (layer: layers.Layer): (readonly number[])[] =>
  layer.weights.map(({ shape }) => shape as number[]);

/** Whether a layer of a file has the kind and the shapes of a model's layer. */
function fits(data: LayerData, target: layers.Layer): boolean {
  const recurrent = target instanceof Bidirectional ? target.forwardLayer : target;
  const isRecurrent = recurrent instanceof RecurrentLayer;
  if (data.kind === 'recurrent' && isRecurrent && recurrent.cell.name !== data.cell.name) return false;
  if (data.kind === 'other' && isRecurrent) return false;
  if (data.kind === 'other' && !isSameClass(data.className, target.getClassName())) return false;
  const weights = weightsOf(data);
  const shapes = weights.map(({ shape }) => String(shape));
  for (const weight of weights) weight.dispose();
  return String(shapes) === String(shapesOf(target).map(String)) && shapes.length === target.weights.length;
}

const isSameClass = (inFile: string, inModel: string): boolean =>
  inFile === 'unknown' || inModel === 'TimeDistributed' || inModel.replace(/^Sluice/, '') === inFile;
