/** Refuses what is no object of options, and options that nobody reads: a misspelt one would be ignored without a word. */
import { Tensor } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

/**
 * Checks the options that a public function was given.
 * @param example a call as it should be written.
 * @throws TypeError when there is no object of options, RangeError naming an unknown option and the nearest known one.
 */
export function checkOptions(
  owner: string,
  options: unknown,
  known: readonly string[],
  example: string,
): void {
  requireOptions(owner, options, example);
  refuseUnknown(owner, Object.entries(options), known);
}

/** @throws TypeError when the options are no object of options. */
export function requireOptions(owner: string, options: unknown, example: string): asserts options is object {
  if (isOptions(options)) return;
  throw new TypeError(
    `${owner} takes an object with its options, as in ${example}, but was given ${shownValue(options)}.`,
  );
}

/** @throws RangeError when one of the options is unknown, except without a value (undefined, null). */
export function refuseUnknown(
  owner: string,
  options: readonly (readonly [name: string, value: unknown])[],
  known: readonly string[],
): void {
  const unknown = options.find(([name, value]) => value != null && !known.includes(name));
  if (unknown === undefined) return;
  const [name] = unknown;
  throw new RangeError(
    `${owner} has no option '${name}'; the nearest is '${nearest(name, known)}'. Known: ${known.join(', ')}.`,
  );
}

function isOptions(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Tensor) &&
    !(value instanceof layers.Layer)
  );
}

/** A value of any kind as a message shows it. */
export function shownValue(value: unknown): string {
  if (value instanceof Tensor) return `a tensor of shape [${value.shape}]`;
  if (value instanceof layers.Layer) return `the layer ${value.name}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return `the function ${value.name}`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** The known name that takes the fewest edits to reach; spelling in snake case and capitals do not count. */
export function nearest(name: string, known: readonly string[]): string {
  const distances = known.map((each) => editDistance(plain(name), plain(each)));
  return known[distances.indexOf(Math.min(...distances))];
}

/** A name as it is compared: without underscores and capitals. */
export const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** How many letters to insert, delete or replace (Levenshtein 1966), one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
