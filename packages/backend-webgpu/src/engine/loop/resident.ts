import type { Slot } from '@sluice/core';
import type { Kernel } from '../gpu-floats.js';
import type { Places } from '../wgsl/program.js';
import { hasWork, type Loop, type LoopProduct, type LoopStage, type Operand, uniformsIn } from './loop.js';
import { callForRows, type RowsTogether, rowsType } from './products.js';
import { loopFunctions, stageFunction } from './stage.js';

/** How many rows of `units` numbers a loop's operands take in workgroup memory. */
export const heldBlocks = ({ operands }: Pick<Loop, 'operands'>): number =>
  operands.reduce((sum, { blocks, takesTurns }) => sum + blocks * (takesTurns ? 2 : 1), 0);

/** How many blocks the products of a stage have as results, at most. */
export const mostResults = ({ stages }: Pick<Loop, 'stages'>): number =>
  Math.max(0, ...stages.map((stage) => resultsOf(stage).length));

const resultsOf = ({ products }: LoopStage): string[] => products.flatMap(({ results }) => results);

export interface ResidentSizes {
  readonly rows: RowsTogether;
  readonly threads: number;
  /** How many numbers (of `rows` rows each) there is workgroup memory for, besides the sums that threads hand over. */
  readonly held: number;
}

/**
 * A loop in one dispatch: a workgroup takes a few batch rows through all time steps. What products multiply stays in its
 * memory; between the stages of a step its threads wait for each other. A thread has every `threads`-th unit.
 *
 * In products it works together with the thread that is half of them away: for the units of both each multiplies half of the
 * depth, then hands the other one its part.
 *
 * Ladder (the products of a GRU, 64 × 50 × 128 units, on a software adapter, two cores; ms):
 *   1  a thread multiplies the whole depth for its unit               210–260   7 numbers read for 12 multiplications
 *   2  half the depth for two units: as many threads, as much work    160–170   10 for 24
 *   3  1 with operands passed on by `quadBroadcast`                   160–180   a GPU reads workgroup memory as fast
 *   4  8 rows together                                                200; half the workgroups for a GPU
 */
export function residentKernel(loop: Loop, { rows, threads, held }: ResidentSizes): Kernel {
  const { operands, stages, places } = loop;
  const firstHeld = operands.map((_, i) => heldBlocks({ operands: operands.slice(0, i) }));
  /** Where number `unit` of an operand's block is held; `turn` is that of the step, or 1 minus it. */
  const heldAt = ({ takesTurns, blocks }: Operand, i: number, block: number, turn: string) => {
    const first = `${firstHeld[i] + block}u`;
    return `(${takesTurns ? `${first} + (${turn}) * ${blocks}u` : first}) * u.units`;
  };
  const publish = (slot: Slot, value: string): string =>
    operands
      .flatMap((operand, i) => {
        const block = operand.blockOf(slot);
        if (block === null) return [];
        const at = `held[${heldAt(operand, i, block, '1u - position % 2u')} + unit]`;
        return [` ${rows === 1 ? at : `${at}[lane]`} = ${value};`];
      })
      .join('');
  const published: Places = {
    load: (slot) => places.load(slot),
    store: (slot, value) => `${places.store(slot, value)}${publish(slot, value)}`,
  };
  const padded = (slot: Slot) => {
    const text = loop.padded(slot);
    // A state that is carried over has to be held for the next step as well.
    return slot.kind === loop.carried.store && slot.kind === 'newState'
      ? `${text}${publish(slot, places.load({ kind: 'state', state: slot.state }))}`
      : text;
  };
  const multiply = (product: LoopProduct) => {
    const at = heldAt(operands[product.operand], product.operand, product.firstBlock, 'position % 2u');
    const add = (name: string, block: number) => `
        own_${name} += rows * work[weight + own + ${block}u * u.units];
        other_${name} += rows * work[weight + other + ${block}u * u.units];`;
    return `{
      let operand = ${at};
      let depth = ${product.depthBlocks}u * u.units;
      let middle = depth / 2u;
      let end = select(select(middle, depth, isSecond), 0u, isOutside);
      for (var k = select(0u, middle, isSecond); k < end; k++) {
        let weight = ${product.weightRow('k')};
        let rows = held[operand + k];${product.results.map(add).join('')}
      }
    }`;
  };
  const working = [...stages.keys()].filter((index) => hasWork(stages[index]));
  const half = threads / 2;
  const results = (index: number, text: (name: string, i: number) => string) =>
    resultsOf(stages[index]).map(text).join('\n      ');
  /** The sums of a stage's products for a thread's unit, out of both halves of the depth. */
  const sumUp = (index: number) => `
      let partner = (thread + ${half}u) % ${threads}u;
      let own = min(unit, u.units - 1u);
      let other = min(first + partner, u.units - 1u);
      let isSecond = thread >= ${half}u;
      let isOutside = first + min(thread, partner) >= u.units;
      ${results(index, (name) => `var own_${name} = ${rowsType(rows)}();\n      var other_${name} = ${rowsType(rows)}();`)}
      ${stages[index].products.map(multiply).join('\n      ')}
      ${results(index, (name, i) => `passed[${i * threads}u + partner] = other_${name};`)}
      workgroupBarrier();
      ${results(index, (name, i) => `let ${name} = own_${name} + passed[${i * threads}u + thread];`)}`;
  const runStage = (index: number) => `
    for (var first = 0u; first < u.units; first += ${threads}u) {
      let unit = first + thread;${stages[index].products.length > 0 ? sumUp(index) : ''}
      if (unit < u.units) {
        ${callForRows(stages[index], index, rows, 'firstRow', ['lane'])}
      }
      workgroupBarrier();
    }`;
  const begin = operands.flatMap((operand, i) => {
    if (operand.before === null) return [];
    const at = `held[${heldAt(operand, i, 0, 'position % 2u')} + unit]`;
    return [`${rows === 1 ? at : `${at}[lane]`} = ${places.load(operand.before)};`];
  });
  const code = `
var<workgroup> held: array<${rowsType(rows)}, ${held}>;
var<workgroup> passed: array<${rowsType(rows)}, ${Math.max(1, mostResults(loop)) * threads}>;
${loopFunctions(loop)}
${working.map((index) => stageFunction(loop, index, published, padded, ['lane: u32'])).join('\n')}
fn begin(row: u32, unit: u32, position: u32, lane: u32) {
  ${loop.step}
  ${begin.join('\n  ')}
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let firstRow = group.x * ${rows}u;
  for (var unit = thread; unit < u.units; unit += ${threads}u) {
    for (var lane = 0u; lane < ${rows}u; lane++) {
      if (firstRow + lane < u.batch) { begin(firstRow + lane, unit, u.position, lane); }
    }
  }
  workgroupBarrier();
  let end = u.position + u.positions;
  for (var position = u.position; position < end; position++) {
    ${working.map(runStage).join('')}
  }
}`;
  const name = `${loop.name}, resident`;
  return { name, uniforms: uniformsIn(code), bindings: loop.bindings, code };
}
