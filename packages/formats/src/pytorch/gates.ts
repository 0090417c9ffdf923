/** Weights of PyTorch's recurrent modules: other order of the gates, transposed matrices, two biases. */
import type { ParameterShape } from '@sluice/core';
import type { FloatArray } from '@sluice/core/layouts';
import type { CellWeights } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { transpose } from './other-layers.js';

/** The weights of one layer and direction. */
export interface ModuleWeights {
  /** `[gates·units, inputs]` */
  readonly weightIh: FileTensor;
  /** `[gates·units, units]`; with a projection `[gates·units, projection]` */
  readonly weightHh: FileTensor;
  /** Of the input and of the state, each `[gates·units]`. */
  readonly biases?: readonly [FileTensor, FileTensor];
  /** `[projection, units]` */
  readonly weightHr?: FileTensor;
}

/**
 * The weights as the cell has them.
 * @param gates the cell's gates in PyTorch's order.
 * @param parameters of the cell: their blocks name its gates in its own order. A GRU's bias has those of `bias_hh` with a prime.
 */
export function fromGates(
  { weightIh, weightHh, biases, weightHr }: ModuleWeights,
  gates: readonly string[],
  parameters: readonly ParameterShape[],
): CellWeights {
  const primed = gates.map((gate) => `${gate}'`);
  const entries = parameters.map(({ name, role, blocks }): [string, FloatArray] => {
    if (role === 'projection' && weightHr) {
      return [name, transpose({ ...weightHr, values: floats(weightHr) }, [1, 0]).values as FloatArray];
    }
    if (role !== 'bias') {
      const matrix = role === 'kernel' ? weightIh : weightHh;
      const values = takeBlocks(floats(matrix), gates, blocks);
      return [name, transpose({ ...matrix, values }, [1, 0]).values as FloatArray];
    }
    const [first, second] = (biases ?? []).map(floats);
    const both = new (first.constructor as Float64ArrayConstructor)(2 * first.length);
    both.set(first);
    both.set(second, first.length);
    const take = (wanted: readonly string[]) => takeBlocks(both, [...gates, ...primed], wanted);
    if (blocks.some((block) => primed.includes(block))) return [name, take(blocks)];
    const recurrent = take(blocks.map((block) => `${block}'`));
    return [name, take(blocks).map((value, i) => value + recurrent[i])];
  });
  return Object.fromEntries(entries);
}

/** The numbers of the wanted gates, from an array that has all gates one after the other. */
function takeBlocks(values: FloatArray, gates: readonly string[], wanted: readonly string[]): FloatArray {
  const length = values.length / gates.length;
  const taken = new (values.constructor as Float64ArrayConstructor)(length * wanted.length);
  wanted.forEach((gate, i) => {
    const at = gates.indexOf(gate) * length;
    taken.set(values.subarray(at, at + length), i * length);
  });
  return taken;
}

/** The numbers of a tensor; cells take floats. */
const floats = ({ values }: FileTensor): FloatArray =>
  values instanceof Int32Array ? Float32Array.from(values) : values;
