import { outputUnits } from '../model/build.js';
import type { Settings } from '../model/settings.js';
import type { Vocabulary } from '../text/vocabulary.js';
import { sizeOf } from './named-array.js';

/** A weight as model.json lists it. */
interface WeightSpec {
  name: string;
  shape: readonly number[];
}

/**
 * What does not fit among the files of a model: the sizes of its weights, its settings, classes and tokens. Looked at
 * before a model is made, so that wrong sizes take no memory.
 *
 * @param bytes length of the file of the weights.
 * @returns undefined when all fits.
 */
export function misfitOf(
  weights: readonly WeightSpec[],
  bytes: number,
  {
    settings,
    classes,
    vocabulary,
  }: { settings: Settings; classes: readonly string[]; vocabulary: Vocabulary },
): string | undefined {
  const needed = weights.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  if (needed !== bytes) return `its weights take ${needed} bytes, their file has ${bytes}`;
  const layers = new Set(weights.map(({ name }) => name.match(/recurrent_\d+/)?.[0]).filter(Boolean)).size;
  if (layers !== settings.layers) {
    return `${layers} recurrent layers, the settings say ${settings.layers}`;
  }
  const width = settings.units * (settings.bidirectional ? 2 : 1);
  const expected: [name: string, shape: number[], why: string][] = [
    ['embedding/embeddings', [vocabulary.size, settings.embedding], 'tokens and settings'],
    ['dense/kernel', [width, outputUnits(classes.length)], `settings and ${classes.length} classes`],
  ];
  for (const [name, shape, why] of expected) {
    const found = weights.find((weight) => weight.name === name)?.shape.join(', ');
    if (found !== shape.join(', ')) {
      return `${name} has the shape [${found ?? 'none'}], the ${why} need [${shape.join(', ')}]`;
    }
  }
  return undefined;
}
