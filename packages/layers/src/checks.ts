/** Checks of the options and shapes that public functions are given, and how error messages show values. */
import { Tensor } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

/**
 * Checks the options of a public function. Without this check a misspelt option would be ignored silently.
 * @param example a correct call, for the error message.
 * @throws TypeError when the options are not an object, RangeError when one of them is unknown.
 */
export function checkOptions(
  owner: string,
  options: unknown,
  known: readonly string[],
  example: string,
): void {
  requireOptions(owner, options, example);
  refuseUnknownOptions(owner, Object.entries(options), known);
}

/** @throws TypeError when the options are not an object: a tensor, a layer and an array are not. */
export function requireOptions(owner: string, options: unknown, example: string): asserts options is object {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  if (isObject && !(options instanceof Tensor) && !(options instanceof layers.Layer)) return;
  throw new TypeError(
    `${owner} takes an object with its options, as in ${example}, but was given ${formatValue(options)}.`,
  );
}

/** @throws RangeError when an option is unknown and its value is neither undefined nor null. */
export function refuseUnknownOptions(
  owner: string,
  options: readonly (readonly [name: string, value: unknown])[],
  known: readonly string[],
): void {
  const unknown = options.find(([name, value]) => value != null && !known.includes(name));
  if (unknown === undefined) return;
  const [name] = unknown;
  throw new RangeError(
    `${owner} has no option '${name}'${suggestName(name, known)}. Known: ${known.join(', ')}.`,
  );
}

/** The text `; the nearest is '…'`, or an empty text when no known name is similar. */
export function suggestName(name: string, known: readonly string[]): string {
  const distances = known.map((candidate) => nameDistance(normalizeName(name), normalizeName(candidate)));
  const smallest = Math.min(...distances);
  return smallest === Number.POSITIVE_INFINITY
    ? ''
    : `; the nearest is '${known[distances.indexOf(smallest)]}'`;
}

/** A name without underscores and capitals: for comparing camel case with snake case. */
export const normalizeName = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** The edit distance of two similar names; infinite when neither contains the other and more than a quarter differs. */
function nameDistance(a: string, b: string): number {
  const distance = editDistance(a, b);
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  const isPart = shorter.length >= 3 && longer.includes(shorter);
  const isTypo = distance <= Math.max(2, longer.length / 4) && 2 * distance < longer.length;
  return isPart || isTypo ? distance : Number.POSITIVE_INFINITY;
}

/** The number of letters to insert, delete or replace (Levenshtein 1966), computed one row of the table at a time. */
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

/** A value of any kind, as error messages show it. */
export function formatValue(value: unknown): string {
  if (value instanceof Tensor) return `a tensor of shape [${value.shape}]`;
  if (value instanceof layers.Layer) return `the layer ${value.name}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return `the function ${value.name}`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** A shape as error messages show it: `[2, 3]`. */
export const formatShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

export const isSameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);
