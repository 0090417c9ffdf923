import { type Cell, cellFromLatex, cellFromText, planFor } from '@sluice/core';
import { InputError } from '../failure.js';
import type { OwnEquations, Settings } from './settings.js';

/**
 * The cell of equations.
 *
 * @param where the place of the text, for messages.
 * @throws InputError for a mistake: with the line, the column and what is wrong.
 */
export function cellOfEquations({ text, latex }: OwnEquations, where: string): Cell {
  try {
    return latex ? cellFromLatex(text) : cellFromText(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [message, ...lines] = error.message.split('\n');
    throw new InputError(`${where}: ${message}`, lines);
  }
}

/**
 * The cell of the equations in the settings.
 *
 * @throws InputError when there are none, or the cell cannot be used with the sizes of a recurrent layer.
 */
export function ownCell(settings: Settings): Cell {
  const { equations, units, embedding, layers, bidirectional } = settings;
  if (equations === null) throw new InputError('The settings name a cell of a file, but have no equations.');
  const cell = cellOfEquations(equations, '--cell-file');
  const after = units * (bidirectional ? 2 : 1);
  for (const inputSize of layers === 1 ? [embedding] : [embedding, after]) {
    const { outputWidth } = planOf(cell, { inputSize, units });
    if (outputWidth === units) continue;
    throw new InputError(
      `--cell-file: the output has ${outputWidth} numbers, expected ${units}, the units of a layer. ` +
        'Name another output in the file, with a line such as "output: h".',
    );
  }
  return cell;
}

function planOf(cell: Cell, sizes: { inputSize: number; units: number }) {
  try {
    return planFor(cell, sizes);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new InputError(
      `--cell-file: the equations do not fit a layer with inputSize ${sizes.inputSize} and units ${sizes.units}: ` +
        `${error.message} Change --units or --embedding, or the equations.`,
    );
  }
}
