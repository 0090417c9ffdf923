import type { Slot } from '@sluice/core/backend';
import { writeFunctions } from '../wgsl/operations.js';
import { programValues } from '../wgsl/program.js';
import { type Loop, waitingPlace, waitingResults } from './loop.js';

/**
 * Writes a stage's program as a WGSL function, `stageN(row, unit, position, …)`, for one element. At a padded step it stores
 * other values. (A software adapter runs both branches of a condition, so each store is written once, after it.)
 *
 * @param more further parameters of the function, which `places` may use.
 */
export function stageFunction(
  loop: Loop,
  index: number,
  { places, padded }: Pick<Loop, 'places' | 'padded'>,
  more: readonly string[] = [],
): string {
  const { products, program } = loop.stages[index];
  const parameters = [
    'row: u32',
    'unit: u32',
    'position: u32',
    ...more,
    ...products.flatMap(({ results }) => results.map((name) => `${name}: f32`)),
  ];
  const waiting = waitingResults(loop, index).map((name) => `${waitingPlace(name)} = ${name};`);
  const loads = program.loads.map(places.load);
  const earlier = loop.stages
    .slice(0, index)
    .flatMap((_, i) => waitingResults(loop, i))
    .filter((name) => loads.includes(name))
    .map((name) => `let ${name} = ${waitingPlace(name)};`);
  const { statements, value } = programValues(program, places.load);
  const stores = program.stores.map((store, i) => {
    const atPadded = padded(store.slot, places.load);
    const loaded = atPadded === null ? -1 : loads.indexOf(atPadded);
    return { ...store, atPadded: loaded < 0 ? atPadded : `v${loaded}`, stored: `stored${i}` };
  });
  const overridden = stores.flatMap(({ stored, atPadded }) =>
    atPadded === null ? [] : [`${stored} = ${atPadded};`],
  );
  const isOnlyKept = ({ slot }: { slot: Slot }) => loop.kept?.isOnlyFor(slot) ?? false;
  const write = ({ slot, stored }: (typeof stores)[number]) => places.store(slot, stored);
  const kept = stores.filter(isOnlyKept).map(write);
  return `
fn stage${index}(${parameters.join(', ')}) {
  ${loop.step}
  ${[...waiting, ...earlier, ...statements].join('\n  ')}
  ${stores.map((store) => `var ${store.stored} = ${value(store.value)};`).join('\n  ')}
  ${overridden.length === 0 ? '' : `if (u.masked == 1u && work[u.mask + row * u.timesteps + t] == 0.0) { ${overridden.join(' ')} }`}
  ${stores
    .filter((store) => !isOnlyKept(store))
    .map(write)
    .join('\n  ')}
  ${kept.length === 0 ? '' : `if (${loop.kept?.condition}) { ${kept.join(' ')} }`}
}`;
}

/** Writes the WGSL functions that a loop's operations call. */
export const loopFunctions = ({ stages }: Loop): string =>
  writeFunctions(stages.flatMap(({ program }) => program.operations.map(({ name }) => name)));
