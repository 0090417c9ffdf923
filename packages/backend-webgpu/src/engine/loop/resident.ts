import type { Slot } from '@sluice/core/backend';
import { type Kernel, repeatText } from '../kernel.js';
import type { Places } from '../wgsl/program.js';
import { hasWork, type Loop, type LoopProduct, type Operand, uniformsIn } from './loop.js';
import { loopFunctions, stageFunction } from './stage.js';

/** The number of rows of `units` numbers that a loop's operands take in workgroup memory. */
export const operandBlocks = ({ operands }: Pick<Loop, 'operands'>): number =>
  operands.reduce((sum, { blocks, isDoubleBuffered }) => sum + blocks * (isDoubleBuffered ? 2 : 1), 0);

/**
 * How the four threads of a quad (feature `subgroups`) share work.
 * - `reading`: each reads the operand at one of four depths, and they exchange the numbers. The number of units must be a
 *   multiple of four.
 * - `unit`: they share a unit. Each multiplies a fourth of the depth, then runs the program for every fourth row.
 */
export type Quads = 'none' | 'reading' | 'unit';

export interface ResidentSizes {
  /** Batch rows of a workgroup: one, or a multiple of four, in `vec4f`s. */
  readonly rows: 1 | 4 | 8;
  readonly threads: number;
  /** The number of units that a thread multiplies together. */
  readonly together: number;
  readonly quads: Quads;
  /** The numbers per batch row in workgroup memory. */
  readonly capacity: number;
}

/** Workgroup memory for the counter that numbers quads, in numbers, with padding. */
export const QUAD_NUMBERING = 4;
/** Numbers the quads: WGSL does not say which of a workgroup's threads are neighbours. */
const NUMBERED = `if (thread == 0u) { atomicStore(&quads, 0u); }
  workgroupBarrier();
  var number = 0u;
  if (own == 0u) { number = atomicAdd(&quads, 1u); }
  let worker = quadBroadcast(number, 0u);`;

/**
 * Writes the kernel of a loop in one dispatch: a workgroup runs all time steps of a few batch rows. The operands of products
 * stay in its memory, and a barrier separates the stages of a step. A thread computes every `threads`-th unit, or a quad every
 * `threads / 4`-th.
 *
 * Ladder (a GRU's loop, 64 × 50 × 128 units, on a software adapter, two cores; ms):
 *   1  128 threads, each multiplies for one unit at a time           330   7 numbers read for 12 multiplications
 *   2  the same, for two units half the depth, handed over by twos   290   10 for 24, but threads wait once more
 *   3  32 threads, each multiplies for four units together           250   16 for 48; a wait costs 3 µs for every 4 threads
 *   4  3 in quads                                                    220   13 for 48
 *   5  4 with each store written once, not again for padded steps    200
 *   6  5 for eight rows                                              150   14 for 96; a batch of one takes a third longer
 * A software adapter uses 6 (`LAYOUTS` in strategy.ts). A GPU runs all threads at once and uses 1; with subgroups, quads share
 * a unit. Four times as many threads then run loops a fourth as long and read as much in all. This should save time while
 * threads are too few to keep the GPU busy; it has not been measured on a GPU.
 */
export function residentKernel(
  loop: Loop,
  { rows, threads, together, quads, capacity }: ResidentSizes,
): Kernel {
  const { operands, stages, places } = loop;
  const units = Array.from({ length: together }, (_, i) => i);
  const sharesUnit = quads === 'unit';
  /** The number of workers, threads or quads, among which units are divided. */
  const workers = sharesUnit ? threads / 4 : threads;
  const forUnits = (text: (i: number) => string) => units.map(text).join(' ');
  const type = rows === 1 ? 'f32' : 'vec4f';
  /** The number of values of that type for all rows. */
  const parts = Math.ceil(rows / 4);
  const forParts = (text: (part: number) => string) => repeatText(parts, text, ' ');
  /** Writes the number in workgroup memory at a place, for row `lane`. */
  const operandOfLane = (at: string) =>
    rows === 1 ? `operandMemory[${at}]` : `operandMemory[(${at}) * ${parts}u + lane / 4u][lane % 4u]`;
  /** Writes the sum of row `lane`. */
  const sumOfLane = (name: string) => {
    if (rows === 1) return `${name}_0`;
    return parts === 1 ? `${name}_0[lane]` : `select(${name}_0, ${name}_1, lane >= 4u)[lane % 4u]`;
  };
  const firstBlocks = operands.map((_, i) => operandBlocks({ operands: operands.slice(0, i) }));
  /** Writes where an operand's block begins in workgroup memory; `turn` selects a half of the double buffer. */
  const operandStart = ({ isDoubleBuffered, blocks }: Operand, i: number, block: number, turn: string) => {
    const first = `${firstBlocks[i] + block}u`;
    return `(${isDoubleBuffered ? `${first} + (${turn}) * ${blocks}u` : first}) * u.units`;
  };
  const publish = (slot: Slot, value: string): string =>
    operands
      .flatMap((operand, i) => {
        const block = operand.blockOf(slot);
        if (block === null) return [];
        const at = `${operandStart(operand, i, block, '1u - position % 2u')} + unit`;
        return [` ${operandOfLane(at)} = ${value};`];
      })
      .join('');
  const published: Places = {
    load: (slot) => places.load(slot),
    store: (slot, value) => `${places.store(slot, value)}${publish(slot, value)}`,
  };
  const multiply = (product: LoopProduct) => {
    const at = operandStart(operands[product.operand], product.operand, product.firstBlock, 'position % 2u');
    const add = (name: string, block: number) =>
      forUnits((i) => {
        const weight = `weight_${block}_${i}`;
        const added = forParts((part) => `${name}_${i}_${part} += rows${part} * ${weight};`);
        return `let ${weight} = ${loop.weight(`weight + unit${i} + ${block}u * u.units`)}; ${added}`;
      });
    const addProducts = (k: string, rowsOf: (part: number) => string) => `{
        let weight = ${product.weightRow(k)};
        ${forParts((part) => `let rows${part} = ${rowsOf(part)};`)}
        ${product.results.map(add).join('\n        ')}
      }`;
    const depth = `${product.depthBlocks}u * u.units`;
    const operandAt = (k: string, part: number) => `operandMemory[(operand + ${k}) * ${parts}u + ${part}u]`;
    const one = addProducts('k', (part) => operandAt('k', part));
    const overDepth: Readonly<Record<Quads, string>> = {
      none: `for (var k = 0u; k < ${depth}; k++) ${one}`,
      unit: `for (var k = own; k < ${depth}; k += 4u) ${one}`,
      reading: `for (var k = 0u; k < ${depth}; k += 4u) {
        ${forParts((part) => `let own${part} = ${operandAt('k + own', part)};`)}
        ${repeatText(4, (i) => addProducts(`(k + ${i}u)`, (part) => `quadBroadcast(own${part}, ${i}u)`), '\n        ')}
      }`,
    };
    return `{
      let operand = ${at};
      ${overDepth[quads]}
    }`;
  };
  const working = [...stages.keys()].filter((index) => hasWork(stages[index]));
  const runStage = (index: number) => {
    const stage = stages[index];
    const sums = stage.products.flatMap(({ results }) => results);
    const declared = sums.map((name) =>
      forUnits((i) => forParts((part) => `var ${name}_${i}_${part} = ${type}();`)),
    );
    const chosen = sums.map((name) =>
      forParts((part) => {
        const ofUnits = units.map((i) => `${name}_${i}_${part}`);
        return `let ${name}_${part} = ${ofUnits.reduce((others, sum, i) => `select(${others}, ${sum}, i == ${i}u)`)};`;
      }),
    );
    /** Sums over the threads of a quad; each gets the sum. */
    const joined = sharesUnit
      ? sums.flatMap((name) =>
          ['X', 'Y'].map((way) =>
            forUnits((i) =>
              forParts((part) => `${name}_${i}_${part} += quadSwap${way}(${name}_${i}_${part});`),
            ),
          ),
        )
      : [];
    // Threads that exchange numbers must run to the end, even beyond the last unit.
    const firstUnits =
      quads !== 'none'
        ? `for (var start = 0u; start < u.units; start += ${together * workers}u) {
      let first = start + worker;`
        : `for (var first = worker; first < u.units; first += ${together * workers}u) {`;
    return `
    ${firstUnits}
      // Units beyond the last read the last one and store nothing.
      ${forUnits((i) => `let unit${i} = min(first + ${i * workers}u, u.units - 1u);`)}
      ${declared.join('\n      ')}
      ${[...stage.products.map(multiply), ...joined].join('\n      ')}
      for (var i = 0u; i < ${together}u; i++) {
        let unit = first + i * ${workers}u;
        ${chosen.join('\n        ')}
        for (var lane = ${sharesUnit ? 'own' : '0u'}; lane < ${rows}u; lane += ${sharesUnit ? 4 : 1}u) {
          let row = firstRow + lane;
          if (unit < u.units && row < u.batch) { stage${index}(${['row', 'unit', 'position', 'lane', ...sums.map(sumOfLane)].join(', ')}); }
        }
      }
    }
    workgroupBarrier();`;
  };
  const begin = operands.flatMap((operand, i) => {
    if (operand.before === null) return [];
    const at = `${operandStart(operand, i, 0, 'position % 2u')} + unit`;
    return [`${operandOfLane(at)} = ${places.load(operand.before)};`];
  });
  const code = `
var<workgroup> operandMemory: array<${type}, ${capacity * parts}>;
${sharesUnit ? 'var<workgroup> quads: atomic<u32>;' : ''}
${loopFunctions(loop)}
${working.map((index) => stageFunction(loop, index, { places: published, padded: loop.padded }, ['lane: u32'])).join('\n')}
${
  begin.length === 0
    ? ''
    : `fn begin(row: u32, unit: u32, position: u32, lane: u32) {
  ${loop.step}
  ${begin.join('\n  ')}
}`
}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
  ${quads === 'none' ? '' : '@builtin(subgroup_invocation_id) inSubgroup: u32,'}
) {
  ${quads === 'none' ? '' : 'let own = inSubgroup % 4u;'}
  ${sharesUnit ? NUMBERED : 'let worker = thread;'}
  let firstRow = group.x * ${rows}u;
  ${
    begin.length === 0
      ? ''
      : `for (var unit = thread; unit < u.units; unit += ${threads}u) {
    for (var lane = 0u; lane < ${rows}u; lane++) {
      if (firstRow + lane < u.batch) { begin(firstRow + lane, unit, u.position, lane); }
    }
  }
  workgroupBarrier();`
  }
  let end = u.position + u.positions;
  for (var position = u.position; position < end; position++) {
    ${working.map(runStage).join('')}
  }
}`;
  const name = `${loop.name}, resident`;
  const enable = quads === 'none' ? [] : ['subgroups'];
  return { name, enable, uniforms: uniformsIn(code), bindings: loop.bindings, code };
}
