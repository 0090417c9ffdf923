import { type LayerData, type ReadOptions, readModel, type Source } from '@sluice/formats';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { formatValue } from '../checks.js';
import { checkModel, leavesOf } from './acceleration.js';
import { setLayer } from './build-model.js';
import { describeSource } from './load-model.js';
import {
  describeData,
  describeTarget,
  matchLayers,
  type WeightMapping,
  type WeightMatch,
} from './match-layers.js';

/**
 * Loads weights into a model that is built already: PyTorch's `.pt` and `.safetensors`, Keras's weights, ONNX, any format that
 * `@sluice/formats` reads. Layers are matched by kind and shapes. Layers of equal shapes are matched by the numbers in their
 * names (`lstm.l0`, `lstm.l1`) if the model's layers follow each other, or by names that the model has too; otherwise the mapping
 * must say which is which. Nothing is set unless every layer has its partner.
 *
 * @param mapping names of the file's layers and paths of the model's, for those that kind, shapes and names do not match; null for
 *   a layer that is not loaded. To load a part of a model, give its inner model.
 * @returns the match.
 * @throws Error with the table of the match when a layer of either side is left over, fits several places, or has other
 *   activations; TypeError, RangeError when an argument is wrong or the mapping names a layer that does not exist.
 */
export async function loadWeights(
  model: LayersModel,
  source: Source,
  mapping: WeightMapping = {},
  options: ReadOptions = {},
): Promise<WeightMatch> {
  checkModel(model, 'loadWeights');
  const file = describeSource(source);
  const read = await readModel(source, options);
  const data = read.layers;
  const targets = new Map(leavesOf(model).filter(([, layer]) => layer.weights.length > 0));
  checkMapping(mapping, data, [...targets.keys()], file);
  const match = matchLayers(read, model, mapping);
  if (match.unused.length + match.missing.length + match.problems.length > 0) {
    throw new Error(
      `${file}: its layers do not match those of the model, so nothing was set.\n${match}\n` +
        describeFix(match, data, targets, mapping),
    );
  }
  const byName = new Map(data.map((layer) => [layer.name, layer]));
  for (const { from, to } of match.pairs) {
    setLayer(targets.get(to) as layers.Layer, byName.get(from) as LayerData, file);
  }
  return match;
}

/** What to change: the model, or the mapping if layers fit several places. */
function describeFix(
  { pairs, unused, missing }: WeightMatch,
  data: readonly LayerData[],
  targets: ReadonlyMap<string, layers.Layer>,
  mapping: WeightMapping,
): string {
  const unclear = data.find(
    ({ name }) =>
      !unused.includes(name) && !Object.hasOwn(mapping, name) && !pairs.some(({ from }) => from === name),
  );
  if (unclear) {
    const free = [...targets.keys()].find(
      (path) => !missing.includes(path) && !pairs.some(({ to }) => to === path),
    );
    return `Give the pairs as the third argument: loadWeights(model, source, { '${unclear.name}': '${free}' }).`;
  }
  const inFile = data.filter(({ name }) => unused.includes(name));
  const left = [
    ...inFile.map((layer) => `In the file ${layer.name} is ${describeData(layer)}.`),
    ...missing.map((path) => `In the model ${path} is ${describeTarget(targets.get(path) as layers.Layer)}.`),
  ];
  const leaveOut = inFile.map(({ name }) => `'${name}': null`).join(', ');
  return [
    ...left,
    'Build the model with the kinds, shapes and options of the file.',
    ...(leaveOut ? [`The mapping { ${leaveOut} } leaves layers of the file out.`] : []),
  ].join('\n');
}

function checkMapping(
  mapping: WeightMapping,
  data: readonly LayerData[],
  targets: readonly string[],
  file: string,
): void {
  if (typeof mapping !== 'object' || mapping === null || Array.isArray(mapping)) {
    throw new TypeError(
      `loadWeights: the mapping must be an object such as { '${data[0]?.name}': '${targets[0]}' }, but is ${formatValue(mapping)}.`,
    );
  }
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
    Object.values(mapping).filter((path) => path !== null),
    targets,
  );
}
