import { cellOfEquations } from '../model/own-cell.js';
import type { OwnEquations } from '../model/settings.js';
import { readRegularFile } from './regular-file.js';

/**
 * The equations in a file, LaTeX if its name ends in .tex.
 *
 * @throws InputError when it cannot be read, or has a mistake: with the line, the column and what is wrong.
 */
export function readEquations(path: string): OwnEquations {
  const text = readRegularFile(path)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const equations = { text, latex: path.toLowerCase().endsWith('.tex') };
  cellOfEquations(equations, path);
  return equations;
}
