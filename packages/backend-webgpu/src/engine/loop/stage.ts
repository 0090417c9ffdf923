import { functionsFor } from '../wgsl/operations.js';
import { type Places, programStatements } from '../wgsl/program.js';
import { type Loop, waitingPlace, waitingResults } from './loop.js';

/**
 * A stage's program as a WGSL function, `stageN(row, unit, position, …)`, for one number of its rows. At a padded step it
 * carries over what is carried.
 *
 * @param more parameters of the function besides these, which `places` may use.
 */
export function stageFunction(
  loop: Loop,
  index: number,
  places: Places,
  padded: Loop['padded'],
  more: readonly string[] = [],
): string {
  const stage = loop.stages[index];
  const parameters = [
    'row: u32',
    'unit: u32',
    'position: u32',
    ...more,
    ...stage.products.flatMap(({ results }) => results.map((name) => `${name}: f32`)),
  ];
  const waiting = waitingResults(loop, index).map((name) => `${waitingPlace(name)} = ${name};`);
  const loads = new Set(stage.program.loads.map(places.load));
  const earlier = loop.stages
    .slice(0, index)
    .flatMap((_, i) => waitingResults(loop, i))
    .filter((name) => loads.has(name))
    .map((name) => `let ${name} = ${waitingPlace(name)};`);
  const atPadded = stage.program.stores.map(({ slot }) => padded(slot)).filter((text) => text !== '');
  return `
fn stage${index}(${parameters.join(', ')}) {
  ${loop.step}
  if (u.masked == 1u && work[u.mask + cell] == 0.0) {
    ${atPadded.join('\n    ')}
    return;
  }
  ${[...waiting, ...earlier, ...programStatements(stage.program, places)].join('\n  ')}
}`;
}

/** The WGSL functions that a loop's operations call. */
export const loopFunctions = ({ stages }: Loop): string =>
  functionsFor(stages.flatMap(({ program }) => program.operations.map(({ name }) => name)));
