import type { Cell } from '@sluice/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { formatShape, isSameShape } from '../checks.js';
import { checkFloat } from './operands.js';

/** The last result for each cell: a stream of single steps has the same shapes at every step. */
const lastResults = new WeakMap<Cell, { inputSize: number; shapes: readonly number[][]; units: number }>();

/**
 * Infers the number of units from the shapes of a cell's parameters.
 * @param x a batch of sequences.
 * @throws TypeError when a parameter is not float32, RangeError when no number of units fits or several do.
 */
export function inferUnits(cell: Cell, x: Tensor, parameters: readonly Tensor[]): number {
  parameters.forEach((parameter, i) => {
    checkFloat(cell.name, `parameter ${i}`, parameter);
  });
  const inputSize = x.shape[2] as number;
  const last = lastResults.get(cell);
  if (
    last?.inputSize === inputSize &&
    last.shapes.length === parameters.length &&
    last.shapes.every((shape, i) => isSameShape(shape, parameters[i].shape))
  ) {
    return last.units;
  }
  const fitting = findFittingUnits(cell, inputSize, parameters);
  if (fitting.length === 1) {
    const [units] = fitting;
    lastResults.set(cell, { inputSize, shapes: parameters.map(({ shape }) => [...shape]), units });
    return units;
  }
  const actual = parameters.map(({ shape }) => formatShape(shape)).join(', ') || 'none';
  if (fitting.length > 1) {
    throw new RangeError(
      `Cell '${cell.name}': parameters of shapes ${actual} fit ${fitting.join(' and ')} units with x ` +
        `${formatShape(x.shape)}; set the option units to one of them.`,
    );
  }
  const example = cell
    .parameters({ inputSize, units: 16 })
    .map(({ name, shape }) => `${name} ${formatShape(shape)}`);
  throw new RangeError(
    `Cell '${cell.name}': parameters of shapes ${actual} fit no number of units with x ${formatShape(x.shape)}. ` +
      `${suggestInputSize(cell, parameters)}With 16 units they would be ${example.join(', ')}.`,
  );
}

/** All numbers of units that fit, largest first. */
function findFittingUnits(cell: Cell, inputSize: number, parameters: readonly Tensor[]): number[] {
  const fits = (units: number) => {
    const expected = cell.parameters({ inputSize, units });
    return (
      expected.length === parameters.length &&
      expected.every(({ shape }, i) => isSameShape(shape, parameters[i].shape))
    );
  };
  // The width of every parameter is a whole number of blocks, so the units divide it.
  const width = parameters.length === 0 ? 0 : (parameters[0].shape.at(-1) ?? 0);
  const fitting: number[] = [];
  for (let blocks = 1; blocks <= width; blocks++) {
    if (width % blocks === 0 && fits(width / blocks)) fitting.push(width / blocks);
  }
  return fitting;
}

/** Says which x the parameters would fit, if any. The first parameter has one row for each feature. */
function suggestInputSize(cell: Cell, parameters: readonly Tensor[]): string {
  const [rows, columns] = parameters[0]?.shape ?? [];
  if (columns === undefined || findFittingUnits(cell, rows, parameters).length === 0) return '';
  return `They are for x [batch, timesteps, ${rows}]. `;
}
