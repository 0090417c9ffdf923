import type { Slot } from '@sluice/core';
import type { Kernel } from '../gpu-floats.js';
import type { Places } from '../wgsl/program.js';
import { hasWork, type Loop, type LoopProduct, type Operand, uniformsIn } from './loop.js';
import { addToSums, callForRows, declareSums, type RowsTogether, rowsType } from './products.js';
import { loopFunctions, stageFunction } from './stage.js';

/** How many rows of `units` numbers a loop's operands take in workgroup memory. */
export const heldBlocks = ({ operands }: Pick<Loop, 'operands'>): number =>
  operands.reduce((sum, { blocks, takesTurns }) => sum + blocks * (takesTurns ? 2 : 1), 0);

export interface ResidentSizes {
  readonly rows: RowsTogether;
  readonly threads: number;
  /** How many numbers (of `rows` rows each) there is workgroup memory for. */
  readonly held: number;
}

/**
 * A loop in one dispatch: a workgroup takes a few batch rows through all time steps. What products multiply stays in its
 * memory; between the stages of a step its threads wait for each other. A thread has every `threads`-th unit.
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
    return `{
      let operand = ${at};
      for (var k = 0u; k < ${product.depthBlocks}u * u.units; k++) {
        let weight = ${product.weightRow('k')} + unit;
        let rows = held[operand + k];
        ${addToSums(product, 'rows', (block) => `work[weight + ${block}u * u.units]`)}
      }
    }`;
  };
  const working = [...stages.keys()].filter((index) => hasWork(stages[index]));
  const runStage = (index: number) => {
    const stage = stages[index];
    return `
    for (var unit = thread; unit < u.units; unit += ${threads}u) {
    ${declareSums(stage, rows)}
    ${stage.products.map(multiply).join('\n    ')}
    ${callForRows(stage, index, rows, 'firstRow', ['lane'])}
    }
    workgroupBarrier();`;
  };
  const begin = operands.flatMap((operand, i) => {
    if (operand.before === null) return [];
    const at = `held[${heldAt(operand, i, 0, 'position % 2u')} + unit]`;
    return [`${rows === 1 ? at : `${at}[lane]`} = ${places.load(operand.before)};`];
  });
  const code = `
var<workgroup> held: array<${rowsType(rows)}, ${held}>;
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
