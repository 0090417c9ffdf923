import type { ParameterRole } from '../equations/parameters.js';
import {
  extent,
  type FloatArray,
  halvesOf,
  type LayoutSizes,
  rowLength,
  type StoredArray,
  type StoredArrays,
  shapeOfStored,
} from './description.js';

/** Weights by name; undefined for those that a layer lacks. */
export type Weights = Readonly<Record<string, FloatArray | undefined>>;

/** Weights and their storage, for the direction `direction` of `directions`. */
export interface StoredWeights {
  readonly weights: Weights;
  readonly arrays: StoredArrays;
  readonly direction: number;
  readonly directions: number;
}

interface Placed {
  readonly values: FloatArray;
  readonly array: StoredArray;
  readonly direction: number;
  readonly directions: number;
}

/**
 * The weights of one source, or of one source per direction, stored the way `target` describes.
 *
 * `foldHalves` adds the recurrent half of a bias to the input half where the target has no place of its own for it: a
 * cell with one bias sees only their sum. Lengths must have been checked.
 */
export function convert(
  sources: readonly StoredWeights[],
  target: StoredArrays,
  sizes: LayoutSizes,
  foldHalves: boolean,
): Weights {
  const converted: Record<string, FloatArray> = {};
  sources.forEach(({ weights, arrays, ...place }, direction) => {
    for (const [name, array] of Object.entries(target)) {
      for (const [sourceName, sourceArray] of Object.entries(arrays)) {
        const values = weights[sourceName];
        const shared = array.holds.filter((role) => sourceArray.holds.includes(role));
        if (!values || shared.length === 0) continue;
        converted[name] ??= zeros(values, array, sizes, sources.length);
        const to = { values: converted[name], array, direction, directions: sources.length };
        for (const role of shared) {
          transfer(role, { values, array: sourceArray, ...place }, to, sizes, foldHalves);
        }
      }
    }
  });
  return converted;
}

function zeros(like: FloatArray, array: StoredArray, sizes: LayoutSizes, directions: number): FloatArray {
  const length = shapeOfStored(array, sizes, directions).reduce((a, b) => a * b, 1);
  return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

/** Adds every element of the parameter that both arrays hold to its place in `target`. */
function transfer(
  role: ParameterRole,
  source: Placed,
  target: Placed,
  sizes: LayoutSizes,
  foldHalves: boolean,
): void {
  const from = locate(role, source, sizes);
  const to = locate(role, target, sizes);
  const units = extent('unit', source.array, sizes, source.directions);
  for (const half of halvesOf(source.array)) {
    const landing = halvesOf(target.array).includes(half) ? half : foldHalves ? 0 : undefined;
    if (landing === undefined) continue;
    for (const gate of source.array.gates) {
      if (!target.array.gates.includes(gate)) continue;
      for (let row = 0; row < rowLength(role, sizes); row++) {
        let read = from.start(half, gate, row);
        let write = to.start(landing, gate, row);
        for (let unit = 0; unit < units; unit++) {
          target.values[write] += source.values[read];
          read += from.unitStride;
          write += to.unitStride;
        }
      }
    }
  }
}

/** Where the units of one half, gate and row begin in an array, and how far apart they are. */
function locate(role: ParameterRole, { array, direction, directions }: Placed, sizes: LayoutSizes) {
  const stride = { direction: 0, half: 0, gate: 0, unit: 0, row: 0 };
  array.dimensions.flat().reduceRight((step, axis) => {
    stride[axis] = step;
    return step * extent(axis, array, sizes, directions);
  }, 1);
  const before = array.holds.slice(0, array.holds.indexOf(role));
  const firstRow = before.reduce((sum, other) => sum + rowLength(other, sizes), 0);
  return {
    unitStride: stride.unit,
    start: (half: number, gate: string, row: number) =>
      direction * stride.direction +
      halvesOf(array).indexOf(half) * stride.half +
      array.gates.indexOf(gate) * stride.gate +
      (firstRow + row) * stride.row,
  };
}
