import type { Reference } from '@sluice/core/backend';
import { writeFunctions } from '../wgsl/operations.js';
import { programValues } from '../wgsl/program.js';
import { type Block, type BodyStage, blocksOf, isSamePlace, type RowOperation, readsOf } from './body.js';
import type { Places } from './places.js';
import { rowOperationValue } from './row-operation.js';

/** How a strategy reads and writes the rows of programs: an expression that loads, and statements that store. */
export interface Access {
  load(reference: Reference): string;
  store(reference: Reference, value: string): string;
}

/** The blocks of the results of a stage's products. */
export const resultsOf = (stage: BodyStage): Block[] =>
  stage.products.flatMap((product, i) => blocksOf(stage, product, `product${i}`));

/**
 * Writes a stage's program as a WGSL function, `stageN(row, unit, step, …)`, for one element. What later stages load of its
 * products' results it stores too. (A software adapter runs both branches of a condition, so stores that only a gradient needs
 * share one.)
 *
 * @param more further parameters of the function, which `access` may use; after them come the numbers of the results.
 */
export function stageFunction(
  places: Places,
  stages: readonly BodyStage[],
  index: number,
  access: Access,
  more: readonly string[] = [],
): string {
  const stage = stages[index];
  const { program } = stage;
  const results = resultsOf(stage);
  const later = stages.slice(index + 1).flatMap(readsOf);
  const isLater = ({ place }: Block) => later.some((reference) => overlaps(reference, place));
  const waiting = results.filter(isLater).map(({ name, place }) => access.store(place, name));
  const loadOrResult = (reference: Reference) =>
    results.find(({ place }) => !reference.spread && isSamePlace(place, reference))?.name ??
    access.load(reference);
  const ofRow = stage.rowOperation ? rowOperationStatements(places, stage.rowOperation, access) : [];
  const { statements, value } = programValues(program, loadOrResult);
  const write = (stores: typeof program.stores) =>
    stores.map((each) => access.store(each.slot, value(each.value)));
  const isOnlySaved = ({ slot }: { slot: Reference }) => places.isOnlySaved(slot);
  const saved = write(program.stores.filter(isOnlySaved));
  const body = [
    ...waiting,
    ...ofRow,
    ...statements,
    ...write(program.stores.filter((each) => !isOnlySaved(each))),
    ...(saved.length > 0 ? [`if (u.keep == 1u) { ${saved.join(' ')} }`] : []),
  ].join('\n  ');
  const parameters = [
    'row: u32',
    'unit: u32',
    'step: u32',
    ...more,
    ...results.map(({ name }) => `${name}: f32`),
  ];
  return `
fn stage${index}(${parameters.join(', ')}) {
  ${places.declare(body)}
  ${body}
}`;
}

function rowOperationStatements(places: Places, operation: RowOperation, access: Access): string[] {
  const { statements, value } = rowOperationValue(places, operation);
  return [...statements, access.store(operation.result, value)];
}

const overlaps = (a: Reference, b: Reference): boolean =>
  a.buffer === b.buffer && a.column < b.column + b.width && b.column < a.column + a.width;

/** Writes the WGSL functions that the operations of stages call. */
export const stageFunctions = (stages: readonly BodyStage[]): string =>
  writeFunctions(
    stages.flatMap(({ program, rowOperation }) => [
      ...program.operations.map(({ name }) => name),
      ...(rowOperation?.name === 'maxWithin' ? (['max'] as const) : []),
    ]),
  );
