import type { LoopStage } from '@sluice/core/backend';
import { type Kernel, repeatText, uniformsIn, writeFlatMain } from '../kernel.js';
import type { BodyStage, RowOperation } from './body.js';
import type { Places } from './places.js';
import { type Access, stageFunction, stageFunctions } from './stage.js';

/** About the threads of a dispatch over all steps: as many as keep a large GPU busy. */
const MOST_THREADS = 2 ** 16;

/** Slices of the time steps, and the steps of each; the last may have fewer. */
export type Slices = Readonly<Record<'slices' | 'perSlice', number>>;

/** Divides steps into at most `count` slices of equal length. */
export function divideSteps(steps: number, count: number): Slices {
  const perSlice = Math.ceil(steps / Math.max(1, Math.min(steps, count)));
  return { slices: Math.ceil(steps / perSlice), perSlice };
}

/** Narrow stages have no more slices than one of this width: each slice has memory for all sums. */
const LEAST_WIDTH = 64;

/** The slices of a stage that is `width` wide. */
export const slicesOfStage = (steps: number, batch: number, width: number): Slices =>
  divideSteps(steps, Math.ceil(MOST_THREADS / (batch * Math.max(width, LEAST_WIDTH))));

/** Writes the beginning of a kernel with a thread for each slice, batch row and unit of rows of `width` numbers. */
export const writeSliceMain = (width: string, body: string): string =>
  writeFlatMain(`let unit = index % ${width};
  let row = (index / ${width}) % u.batch;
  let slice = index / (${width} * u.batch);
  if (slice >= u.slices) { return; }
  let first = slice * u.perSlice;
  let end = min(first + u.perSlice, u.steps);
  ${body}`);

/** A stage of a parallel loop that is an operation on whole rows. */
export const stageOfRows = (rowOperation: RowOperation): BodyStage => ({
  products: [],
  width: rowOperation.result.width,
  program: { loads: [], constants: [], operations: [], stores: [] },
  rowOperation,
});

/** A stage of a parallel loop that is a program. */
export const stageOfProgram = ({ width, program }: Pick<LoopStage, 'width' | 'program'>): BodyStage => ({
  products: [],
  width,
  program,
});

/**
 * Writes the kernel of a stage of a parallel loop: one dispatch, a thread for each slice of the steps, batch row and unit. The steps
 * do not depend on one another.
 */
export function parallelKernel(places: Places, stage: BodyStage): Kernel {
  const { loop } = places;
  const sums = stage.program.stores.flatMap(({ slot }) => (slot.sum ? [slot] : []));
  const access: Access = {
    load: (reference) => places.load(reference),
    store: (reference, value) =>
      reference.sum ? `sum${sums.indexOf(reference)} += ${value};` : places.store(reference, value),
  };
  const body = stageFunction(places, [stage], 0, access);
  // Each slice has sums of its own, as each batch row has.
  const finish = sums.map((sum, i) => places.store(sum, `sum${i}`)).join('\n  ');
  const code = `
${repeatText(sums.length, (i) => `var<private> sum${i}: f32;`)}
${stageFunctions([stage])}
${body}
fn finish(row: u32, unit: u32) {
  ${finish}
}
${writeSliceMain(
  places.width(stage.width),
  `for (var i = first; i < end; i++) { stage0(row, unit, ${places.step('i')}); }
  finish(slice * u.batch + row, unit);`,
)}`;
  return {
    name: `${loop.name}, all steps`,
    uniforms: uniformsIn(code),
    bindings: places.bindings([stage]),
    code,
  };
}
