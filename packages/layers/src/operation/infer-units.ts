import type { Cell } from '@sluice/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkFloat, isSameShape, shown } from './operands.js';

/** What was found the last time, for each cell: a stream of single steps has the same shapes at each. */
const lastFound = new WeakMap<Cell, { inputSize: number; shapes: readonly number[][]; units: number }>();

/**
 * The number of units with which the cell's parameters have the shapes of the given ones.
 * @param x a batch of sequences.
 * @throws TypeError when a parameter is not float32, RangeError when no number of units fits or several do.
 */
export function unitsFrom(cell: Cell, x: Tensor, parameters: readonly Tensor[]): number {
  parameters.forEach((parameter, i) => {
    checkFloat(cell.name, `parameter ${i}`, parameter);
  });
  const inputSize = x.shape[2] as number;
  const last = lastFound.get(cell);
  if (
    last?.inputSize === inputSize &&
    last.shapes.length === parameters.length &&
    last.shapes.every((shape, i) => isSameShape(shape, parameters[i].shape))
  ) {
    return last.units;
  }
  const fitting = fittingUnits(cell, inputSize, parameters);
  if (fitting.length === 1) {
    lastFound.set(cell, { inputSize, shapes: parameters.map(({ shape }) => [...shape]), units: fitting[0] });
    return fitting[0];
  }
  const given = parameters.map(({ shape }) => shown(shape)).join(', ') || 'none';
  if (fitting.length > 1) {
    throw new RangeError(
      `Cell '${cell.name}': parameters of shapes ${given} fit ${fitting.join(' and ')} units with x ${shown(x.shape)}; ` +
        'say which is meant with the option units.',
    );
  }
  const example = cell
    .parameters({ inputSize, units: 16 })
    .map(({ name, shape }) => `${name} ${shown(shape)}`);
  throw new RangeError(
    `Cell '${cell.name}': parameters of shapes ${given} fit no number of units with x ${shown(x.shape)}. ` +
      `${otherInputSize(cell, parameters)}With 16 units they would be ${example.join(', ')}.`,
  );
}

/** All numbers of units that fit, largest first. */
function fittingUnits(cell: Cell, inputSize: number, parameters: readonly Tensor[]): number[] {
  const fits = (units: number) => {
    const expected = cell.parameters({ inputSize, units });
    return (
      expected.length === parameters.length &&
      expected.every(({ shape }, i) => isSameShape(shape, parameters[i].shape))
    );
  };
  // Every parameter is a whole number of blocks wide, so the units divide its width.
  const width = parameters.length === 0 ? 0 : (parameters[0].shape.at(-1) ?? 0);
  const found: number[] = [];
  for (let blocks = 1; blocks <= width; blocks++) {
    if (width % blocks === 0 && fits(width / blocks)) found.push(width / blocks);
  }
  return found;
}

/** What x would have to be for the parameters, where that is what is wrong; the first parameter has a row per feature. */
function otherInputSize(cell: Cell, parameters: readonly Tensor[]): string {
  const [rows, columns] = parameters[0]?.shape ?? [];
  if (columns === undefined || fittingUnits(cell, rows, parameters).length === 0) return '';
  return `They are for x [batch, timesteps, ${rows}]. `;
}
