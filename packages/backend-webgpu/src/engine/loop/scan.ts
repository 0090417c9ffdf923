import type { LoopScan, Reference } from '@sluice/core/backend';
import { type Kernel, uniformsIn, writeFlatMain } from '../kernel.js';
import { divideSteps, type Slices, writeSliceMain } from './parallel.js';
import { CARRIES, type Places } from './places.js';

/**
 * The slices of a scan. A thread takes `perSlice` steps twice and one thread takes all slices, so the depth is least with about as
 * many slices as a slice has steps. It does not depend on the batch, so a row has the same bits in every batch.
 */
export const slicesOfScan = (steps: number): Slices => divideSteps(steps, Math.ceil(Math.sqrt(steps)));

/** The kernels of a scan; with one slice, `apply` is enough. */
export interface ScanKernels {
  /** For each slice the product of its factors, and what it makes of zeros. */
  readonly reduce: Kernel;
  /** The row before each slice, from one slice to the next. */
  readonly carry: Kernel;
  /** The rows after each step, slices at once. */
  readonly apply: Kernel;
}

/**
 * Writes the kernels of a linear recurrence, `to = factor · from + addend`: three dispatches, whatever the number of steps.
 *
 * A product of factors may underflow to 0, which is its value; nothing is divided by it. Where a row, or what a slice makes of it, is
 * not finite, `carry` takes the slice step by step: so a product that has lost its small factors does not turn an infinity into NaN.
 */
export function scanKernels(places: Places, { factor, addend, reads, from, to }: LoopScan): ScanKernels {
  const { loop } = places;
  const width = places.width(to.width);
  const given = [factor, addend, ...(reads ? [reads] : [])];
  const names = ['factorAt', 'addendAt', 'readsAt'];
  const readers = given.map((reference, i) => reader(places, names[i], reference));
  const initial = reader(places, 'initialAt', from);
  const stored = places.store(to, 'value');
  const writer = `
fn storeAt(row: u32, unit: u32, step: u32, value: f32) {
  ${places.declare(stored)}
  ${stored}
}`;
  const at = (name: string, i: string) => `${name}(row, unit, ${places.step(i)})`;
  /** Writes the row after step `i` from the row before it. */
  const after = (value: string, i: string) => {
    const next = `${at('factorAt', i)} * ${value} + ${at('addendAt', i)}`;
    return reads ? `select(${at('addendAt', i)}, ${next}, ${at('readsAt', i)} != 0.0)` : next;
  };
  /** A number for each slice, batch row and unit. */
  const carries = (name: string, slice: string) =>
    `let ${name} = (${slice} * u.batch + row) * ${width} + unit;`;
  const count = `u.slices * u.batch * ${width}`;
  const kernel = (name: string, code: string, references: readonly Reference[]): Kernel => ({
    name: `${loop.name}, ${name}`,
    uniforms: uniformsIn(code),
    bindings: [...places.bindingsOf(references), { name: CARRIES, access: 'read_write' }],
    code,
  });
  const reduce = `${readers.join('')}
${writeSliceMain(
  width,
  `var total = ${at('factorAt', 'first')};
  var value = ${at('addendAt', 'first')};
  for (var i = first + 1u; i < end; i++) {
    total *= ${at('factorAt', 'i')};
    value = ${after('value', 'i')};
  }
  ${carries('place', 'slice')}
  ${CARRIES}[place] = total;
  ${CARRIES}[${count} + place] = value;`,
)}`;
  const carry = `${[...readers, initial].join('')}
fn isFinite(a: f32) -> bool { return (bitcast<u32>(a) & 0x7f800000u) != 0x7f800000u; }
${writeFlatMain(`let unit = index % ${width};
  let row = index / ${width};
  if (row >= u.batch) { return; }
  var value = ${at('initialAt', '0u')};
  for (var slice = 0u; slice < u.slices; slice++) {
    ${carries('place', 'slice')}
    var next = ${CARRIES}[place] * value + ${CARRIES}[${count} + place];
    if (!isFinite(value) || !isFinite(next)) {
      next = value;
      let end = min((slice + 1u) * u.perSlice, u.steps);
      for (var i = slice * u.perSlice; i < end; i++) { next = ${after('next', 'i')}; }
    }
    ${CARRIES}[place] = value;
    value = next;
  }`)}`;
  const apply = `${[...readers, initial, writer].join('')}
${writeSliceMain(
  width,
  `var value = 0.0;
  if (u.slices == 1u) { value = ${at('initialAt', '0u')}; } else {
    ${carries('place', 'slice')}
    value = ${CARRIES}[place];
  }
  for (var i = first; i < end; i++) {
    value = ${after('value', 'i')};
    storeAt(row, unit, ${places.step('i')}, value);
  }`,
)}`;
  return {
    reduce: kernel('scan of slices', reduce, given),
    carry: kernel('scan of carries', carry, [...given, from]),
    apply: kernel('scan', apply, [...given, from, to]),
  };
}

/** Writes a function that loads a number of a row. */
function reader(places: Places, name: string, reference: Reference): string {
  const value = places.load(reference);
  return `
fn ${name}(row: u32, unit: u32, step: u32) -> f32 {
  ${places.declare(value)}
  return ${value};
}`;
}
