import { type Cell, cells } from '@sluice/core';
import { InputError } from '../failure.js';

/** The cells by the names they have on the command line: gru, sru, lstm, simple-rnn and so on. */
const cellsByName = new Map(
  Object.entries(cells).map(([name, factory]) => [
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    factory as () => Cell,
  ]),
);

/** The names of all cells, as given on the command line. */
export const cellNames: readonly string[] = [...cellsByName.keys()];

/** A cell's name as settings and folders have it, min-gru, also for those who write minGru; undefined for none. */
export function knownCellName(name: string): string | undefined {
  const plain = (text: string) => text.replaceAll('-', '').toLowerCase();
  return cellNames.find((known) => plain(known) === plain(name));
}

/**
 * The cell with a name of the command line.
 * @throws InputError listing the names there are.
 */
export function cellNamed(name: string): Cell {
  const factory = cellsByName.get(name);
  if (factory === undefined) {
    throw new InputError(`No cell is called "${name}". There are ${cellNames.join(', ')}.`);
  }
  return factory();
}
