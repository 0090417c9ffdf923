import { InvalidArgumentError } from 'commander';
import { cellNames, knownCellName } from '../model/cells.js';

/** Parsers of option values. Each throws commander's InvalidArgumentError, which names the option. */

/** A whole number of at least `minimum`. */
export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || !Number.isSafeInteger(value)) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${minimum}.`);
    }
    return value;
  };
}

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('Expected a number above 0.');
  }
  return value;
}

/** A part of something: from 0, below 1. */
export function part(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError('Expected a number from 0 to below 1, such as 0.1.');
  }
  return value;
}

/** A path, which is never empty. */
export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a path, got an empty one.');
  return text;
}

/** A cell's name, with hyphens or in camel case. */
export function cellName(text: string): string {
  const name = knownCellName(text);
  if (name === undefined) throw new InvalidArgumentError(`Allowed choices are ${cellNames.join(', ')}.`);
  return name;
}

/** Names of cells separated by commas, without repetition. */
export function cellNameList(text: string): string[] {
  const found = text.split(',').map((name) => name.trim());
  if (found.includes(''))
    throw new InvalidArgumentError('Expected names separated by commas, such as gru,sru.');
  return [...new Set(found.map(cellName))];
}
