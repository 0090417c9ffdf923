import type { Reference } from '@sluice/core/backend';
import { type Kernel, repeatText, uniformsIn } from '../kernel.js';
import { type BodyProduct, blocksOf, hasWork, writesOf } from './body.js';
import type { Places } from './places.js';
import { type Access, resultsOf, stageFunction, stageFunctions } from './stage.js';

/** The rows of a buffer that products multiply, in workgroup memory. */
interface Operand {
  readonly buffer: number;
  readonly width: number;
  /** The numbers before it. */
  readonly start: number;
  /** Whether it has two places, which take turns: a state is read and written in the same step. */
  readonly takesTurns: boolean;
}

function operandsOf(places: Places): Operand[] {
  const buffers = [...new Set(places.products.map(({ left }) => left.buffer))];
  let start = 0;
  return buffers.map((buffer) => {
    const { name, rows, width } = places.buffer({ buffer });
    const isStored = places.body.flatMap(writesOf).some((row) => row.buffer === buffer);
    if (!isStored) throw new Error(`a product of a time step reads ${name}, which no step writes`);
    const operand = { buffer, width, start, takesTurns: rows === 'states' };
    start += operand.takesTurns ? 2 * width : width;
    return operand;
  });
}

/** The numbers of a batch row that the operands of products take in workgroup memory. */
export const operandNumbers = (places: Places): number =>
  operandsOf(places).reduce((sum, { width, takesTurns }) => sum + (takesTurns ? 2 * width : width), 0);

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
  places: Places,
  { rows, threads, together, quads, capacity }: ResidentSizes,
): Kernel {
  const operands = operandsOf(places);
  const { body, loop } = places;
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
  /** Writes where columns of an operand begin in workgroup memory. */
  const operandStart = ({ start, width, takesTurns }: Operand, { at, column }: Reference) => {
    const first = operandPlace(start + column);
    if (!takesTurns) return first;
    return `${first} + ${at === 'after' ? '(1u - step % 2u)' : '(step % 2u)'} * ${places.width(width)}`;
  };
  const starts: number[] = [];
  const operandPlace = (start: number) => {
    if (!starts.includes(start)) starts.push(start);
    return places.number(`operand${starts.indexOf(start)}`, start);
  };
  const operandOf = ({ buffer }: Reference) => operands.find((operand) => operand.buffer === buffer);
  const published: Access = {
    load: (reference) => places.load(reference),
    store: (reference, value) => {
      const operand = operandOf(reference);
      const stored = places.store(reference, value);
      if (operand === undefined) return stored;
      return `${stored} ${operandOfLane(`${operandStart(operand, reference)} + unit`)} = ${value};`;
    },
  };
  const multiply = (product: BodyProduct, results: readonly string[], blockWidth: string) => {
    const add = (name: string, block: number) =>
      forUnits((i) => {
        const weight = `weight_${block}_${i}`;
        const added = forParts((part) => `${name}_${i}_${part} += rows${part} * ${weight};`);
        return `let ${weight} = ${places.weight(`weight + unit${i} + ${block}u * ${blockWidth}`)}; ${added}`;
      });
    const addProducts = (k: string, rowsOf: (part: number) => string) => `{
        let weight = ${places.weightRow(product, k)};
        ${forParts((part) => `let rows${part} = ${rowsOf(part)};`)}
        ${results.map(add).join('\n        ')}
      }`;
    const depth = places.width(product.left.width);
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
      let operand = ${operandStart(operandOf(product.left) as Operand, product.left)};
      ${overDepth[quads]}
    }`;
  };
  const working = [...body.keys()].filter((index) => hasWork(body[index]));
  const runStage = (index: number) => {
    const stage = body[index];
    const width = places.width(stage.width);
    const sums = resultsOf(stage).map(({ name }) => name);
    const multiplied = stage.products.map((product, i) =>
      multiply(
        product,
        blocksOf(stage, product, `product${i}`).map(({ name }) => name),
        width,
      ),
    );
    const declared = sums.map((name) =>
      forUnits((i) => forParts((part) => `var ${name}_${i}_${part} = ${type}();`)),
    );
    const chosen = sums.map((name) =>
      forParts((part) => {
        const ofUnits = units.map((i) => `${name}_${i}_${part}`);
        return `let ${name}_${part} = ${ofUnits.reduce((others, sum, i) => `select(${others}, ${sum}, each == ${i}u)`)};`;
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
        ? `for (var start = 0u; start < ${width}; start += ${together * workers}u) {
      let first = start + worker;`
        : `for (var first = worker; first < ${width}; first += ${together * workers}u) {`;
    return `
    ${firstUnits}
      // Units beyond the last read the last one and store nothing.
      ${forUnits((i) => `let unit${i} = min(first + ${i * workers}u, ${width} - 1u);`)}
      ${declared.join('\n      ')}
      ${[...multiplied, ...joined].join('\n      ')}
      for (var each = 0u; each < ${together}u; each++) {
        let unit = first + each * ${workers}u;
        ${chosen.join('\n        ')}
        for (var lane = ${sharesUnit ? 'own' : '0u'}; lane < ${rows}u; lane += ${sharesUnit ? 4 : 1}u) {
          let row = firstRow + lane;
          if (unit < ${width} && row < u.batch) { stage${index}(${['row', 'unit', 'step', 'lane', ...sums.map(sumOfLane)].join(', ')}); }
        }
      }
    }
    ${places.crossesThreads ? 'storageBarrier(); ' : ''}workgroupBarrier();`;
  };
  const from = loop.direction === 1 ? 'before' : 'after';
  const carried = operands.filter(({ takesTurns }) => takesTurns);
  const begin = carried.map((operand, i) => {
    const { buffer, width } = operand;
    const row: Reference = { buffer, at: from, column: 0, width };
    const load = `${operandOfLane(`${operandStart(operand, row)} + unit`)} = ${places.load(row)};`;
    return `
fn begin${i}(row: u32, unit: u32, step: u32, lane: u32) {
  ${places.declare(load)}
  ${load}
}`;
  });
  const runBegin = carried.map(
    ({ width }, i) => `for (var unit = thread; unit < ${places.width(width)}; unit += ${threads}u) {
    for (var lane = 0u; lane < ${rows}u; lane++) {
      if (firstRow + lane < u.batch) { begin${i}(firstRow + lane, unit, ${places.step('0u')}, lane); }
    }
  }`,
  );
  const stageCode = working.map((index) => stageFunction(places, body, index, published, ['lane: u32']));
  const code = `
var<workgroup> operandMemory: array<${type}, ${capacity * parts}>;
${sharesUnit ? 'var<workgroup> quads: atomic<u32>;' : ''}
${stageFunctions(body)}
${stageCode.join('\n')}
${begin.join('')}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
  ${quads === 'none' ? '' : '@builtin(subgroup_invocation_id) inSubgroup: u32,'}
) {
  ${quads === 'none' ? '' : 'let own = inSubgroup % 4u;'}
  ${sharesUnit ? NUMBERED : 'let worker = thread;'}
  let firstRow = group.x * ${rows}u;
  ${runBegin.length === 0 ? '' : `${runBegin.join('\n  ')}\n  workgroupBarrier();`}
  for (var i = 0u; i < u.steps; i++) {
    let step = ${places.step('i')};
    ${working.map(runStage).join('')}
  }
}`;
  const name = `${loop.name}, resident`;
  const enable = quads === 'none' ? [] : ['subgroups'];
  return { name, enable, uniforms: uniformsIn(code), bindings: places.bindings(body), code };
}
