import type { LoopStage, Reference } from '@sluice/core/backend';
import { type Kernel, repeatText, uniformsIn, writeFlatMain } from '../kernel.js';
import type { Places } from './places.js';
import { type Access, stageFunction, stageFunctions } from './stage.js';

/**
 * Writes the kernel of a loop without products, such as an SRU's: one dispatch, a thread per batch row and unit, which runs
 * all time steps with its states in registers.
 */
export function elementwiseKernel(
  places: Places,
  { program, width }: Pick<LoopStage, 'width' | 'program'>,
): Kernel {
  const { loop } = places;
  const [from, to] = loop.direction === 1 ? (['before', 'after'] as const) : (['after', 'before'] as const);
  const own = { width, program, products: [] };
  const isStored = (buffer: number) => program.stores.some(({ slot }) => slot.buffer === buffer);
  const carried = loop.carried.map(({ buffer }) => buffer).filter(isStored);
  const sums = program.stores.flatMap(({ slot }) => (slot.sum ? [slot] : []));
  const carriedAt = (buffer: number, at: Reference['at']): Reference => ({ buffer, at, column: 0, width });
  const isSaved = (buffer: number) => loop.buffers[buffer].life === 'saved';
  const registers: Access = {
    load: (reference) => {
      const index = reference.at === from ? carried.indexOf(reference.buffer) : -1;
      return index < 0 ? places.load(reference) : `carried${index}`;
    },
    store: (reference, value) => {
      if (reference.sum) return `sum${sums.indexOf(reference)} += ${value};`;
      const index = carried.indexOf(reference.buffer);
      if (index < 0) return places.store(reference, value);
      const kept = isSaved(reference.buffer)
        ? ` if (u.keep == 1u) { ${places.store(reference, value)} }`
        : '';
      return `next${index} = ${value};${kept}`;
    },
  };
  const body = stageFunction(places, [own], 0, registers);
  const begin = carried
    .map((buffer, i) => `carried${i} = ${places.load(carriedAt(buffer, from))};`)
    .join('\n  ');
  const finish = [
    ...carried.map((buffer, i) => {
      const store = places.store(carriedAt(buffer, to), `carried${i}`);
      return isSaved(buffer) ? `if (u.keep == 0u) { ${store} }` : store;
    }),
    ...sums.map((sum, i) => places.store(sum, `sum${i}`)),
  ].join('\n  ');
  const code = `
${repeatText(carried.length, (i) => `var<private> carried${i}: f32;\nvar<private> next${i}: f32;`)}
${repeatText(sums.length, (i) => `var<private> sum${i}: f32;`)}
${stageFunctions([own])}
${body}
fn begin(row: u32, unit: u32, step: u32) {
  ${places.declare(begin)}
  ${begin}
}
fn finish(row: u32, unit: u32, step: u32) {
  ${places.declare(finish)}
  ${finish}
}
${writeFlatMain(`let row = index / ${places.width(width)};
  let unit = index % ${places.width(width)};
  if (row >= u.batch) { return; }
  begin(row, unit, ${places.step('0u')});
  for (var i = 0u; i < u.steps; i++) {
    stage0(row, unit, ${places.step('i')});
    ${repeatText(carried.length, (i) => `carried${i} = next${i};`)}
  }
  finish(row, unit, ${places.step('u.steps - 1u')});`)}`;
  return {
    name: `${loop.name}, elementwise`,
    uniforms: uniformsIn(code),
    bindings: places.bindings([own]),
    code,
  };
}

/** Whether a loop can run elementwise: its body is one stage without products, and no thread needs numbers of another. */
export const isElementwise = ({ body, crossesThreads }: Places): boolean =>
  body.length === 1 && body[0].products.length === 0 && !crossesThreads;
