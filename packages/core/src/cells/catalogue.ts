import { formatValue } from '../equations/check-definition.js';
import type { Cell, JsonObject } from '../equations/make-cell.js';
import type { Sizes } from '../equations/parameters.js';
import { planFor } from '../plan/plan.js';
import { type CellData, cellFromData, cellToData } from './cell-data.js';
import * as cells from './index.js';

/** Makes a cell from plain options. */
export type CellFactory = (options?: JsonObject) => Cell;

const registered = new Map<string, CellFactory>(
  Object.entries(cells).map(([name, factory]) => [name, factory as CellFactory]),
);

/**
 * Registers your own cell by name. Saved models then hold its name and options instead of its equations, so the loaded cell is
 * that of the factory.
 * @throws RangeError when another cell has that name, TypeError when there is no name or no function that makes the cell.
 */
export function registerCell(name: string, factory: CellFactory): void {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(
      `registerCell: a cell needs a name, a text that is not empty, but was given ${formatValue(name)}.`,
    );
  }
  if (typeof factory !== 'function') {
    throw new TypeError(
      `registerCell('${name}'): expected a function that makes the cell, such as () => cell, but was given ${formatValue(factory)}.`,
    );
  }
  const known = registered.get(name);
  if (known && known !== factory) throw new RangeError(`A cell named '${name}' is registered already.`);
  registered.set(name, factory);
}

/** What a saved model holds of a cell. */
export interface SavedCell {
  readonly name: string;
  readonly options?: JsonObject;
  /** The equations of a cell that is not registered. */
  readonly definition?: CellData;
}

/**
 * What a saved model holds of a cell, from which `cellFrom` makes it again: name and options of a cell that is registered, else
 * its equations for the sizes too. Another cell with a registered name, such as one from text, is saved with its equations.
 * @throws TypeError when the equations do not fit together.
 */
export function saveCell(cell: Cell, sizes: Sizes): SavedCell {
  const { name, options } = cell;
  const factory = registered.get(name);
  if (factory && isMadeBy(factory, cell, sizes)) return { name, options };
  return { name, options, definition: cellToData(cell, sizes) };
}

/** Whether the factory makes the cell from its options. */
function isMadeBy(factory: CellFactory, cell: Cell, sizes: Sizes): boolean {
  const equationsOf = (each: Cell) => {
    const { states, stateWidths, parameters, nodes, newStates, output } = planFor(each, sizes);
    return JSON.stringify([states, stateWidths, parameters, nodes, newStates, output]);
  };
  let made: Cell;
  try {
    made = factory(cell.options);
  } catch {
    // They are the options of another cell.
    return false;
  }
  return equationsOf(made) === equationsOf(cell);
}

/**
 * Creates the cell with a name and options, or from its equations as data.
 * @throws RangeError listing the known names; TypeError naming what is wrong in the equations.
 */
export function cellFrom({ name, options, definition }: SavedCell): Cell {
  if (definition !== undefined) return cellFromData(definition);
  const factory = registered.get(name);
  if (factory) return factory(options);
  const known = [...registered.keys()].join(', ');
  throw new RangeError(
    `No cell named '${name}'. Known: ${known}. Register your own with registerCell(name, factory).`,
  );
}
