import type { Slot } from '@sluice/core/backend';
import { type Kernel, repeatText, writeFlatMain } from '../kernel.js';
import type { Places } from '../wgsl/program.js';
import { type Loop, uniformsIn } from './loop.js';
import { loopFunctions, stageFunction } from './stage.js';

/**
 * Writes the kernel of a loop without products, such as an SRU's: one dispatch, a thread per batch row and unit, which runs
 * all time steps with its states in registers.
 */
export function elementwiseKernel(loop: Loop): Kernel {
  const { carried, kept, sums, places } = loop;
  const registers: Places = {
    load: (slot) => (slot.kind === carried.load ? `carried${slot.state}` : places.load(slot)),
    store: (slot, value) => {
      if (slot.kind === 'vectorCotangent') return `sum${sums.indexOf(slot)} += ${value};`;
      if (slot.kind !== carried.store) return places.store(slot, value);
      const stored = kept === null ? '' : ` if (${kept.condition}) { ${places.store(slot, value)} }`;
      return `next${slot.state} = ${value};${stored}`;
    },
  };
  const at = (kind: 'load' | 'store', state: number) => ({ kind: carried[kind], state }) as Slot;
  const code = `
${repeatText(carried.count, (s) => `var<private> carried${s}: f32;\nvar<private> next${s}: f32;`)}
${repeatText(sums.count, (i) => `var<private> sum${i}: f32;`)}
${loopFunctions(loop)}
${stageFunction(loop, 0, { places: registers, padded: loop.padded })}
fn begin(row: u32, unit: u32, position: u32) {
  ${loop.step}
  ${repeatText(carried.count, (s) => `carried${s} = ${places.load(at('load', s))};`)}
}
fn finish(row: u32, unit: u32, position: u32) {
  ${loop.step}
  ${kept === null ? '' : `if (!(${kept.condition})) {`}
  ${repeatText(carried.count, (s) => places.store(at('store', s), `carried${s}`))}
  ${kept === null ? '' : '}'}
  ${repeatText(sums.count, (i) => `${sums.place(i)} += sum${i};`)}
}
${writeFlatMain(`let row = index / u.units;
  let unit = index % u.units;
  if (row >= u.batch) { return; }
  let end = u.position + u.positions;
  begin(row, unit, u.position);
  for (var position = u.position; position < end; position++) {
    stage0(row, unit, position);
    ${repeatText(carried.count, (s) => `carried${s} = next${s};`)}
  }
  finish(row, unit, end - 1u);`)}`;
  return { name: `${loop.name}, elementwise`, uniforms: uniformsIn(code), bindings: loop.bindings, code };
}
