import type { Plan } from '@sluice/core';
import { isInputProjection, outputState, type Slot } from '@sluice/core/backend';
import { type Loop, type Operand, weightInWork } from './loop.js';

/** Writes the place of a number: block `block` of row `row`, where rows have `blocks` blocks of `units` numbers. */
const inRow = (start: string, row: string, blocks: number, block: number, unit: string) =>
  `${start} + (${row} * ${blocks}u + ${block}u) * u.units + ${unit}`;

/** The widths of matrices are multiples of `units`. */
const width = (plan: Plan, parameter: number): string =>
  `${plan.parameters[parameter].blocks.length}u * u.units`;

/** Declares the time step and the indices of states before and after it; saved states are `[timesteps + 1, batch, units]`. */
export const keptStep = (position: string): string => `let t = ${position};
  let cell = row * u.rowCells + t * u.stepCells;
  var before = t + u.reverse;
  var after = t + 1u - u.reverse;`;

/**
 * The loop of a plan's forward pass. With `u.keep` it saves the values for the gradient; without, `saved` has a double buffer
 * for each state and one place for each value. It is one kernel for both, so their results are the same bits.
 */
export function forwardLoop(plan: Plan): Loop {
  const schedule = plan.training;
  const state = (s: number, slot: string, unit: string) =>
    `saved[u.state${s} + (${slot} * u.batch + row) * u.units + ${unit}]`;
  const value = (index: number, unit: string) =>
    `saved[u.value${index} + select(row, cell, u.keep == 1u) * u.units + ${unit}]`;
  const { products } = plan;
  /** Whether the loop reads a value. */
  const isUsed = (index: number) =>
    products.some(({ operand }) => operand.kind === 'value' && operand.index === index) ||
    schedule.stages.some(({ program }) =>
      program.loads.some((slot) => slot.kind === 'value' && slot.index === index),
    );
  const output = (cell: string) => `sequence[${cell} * u.units + unit]`;

  const load = (slot: Slot): string => {
    switch (slot.kind) {
      case 'input':
        return 'x[cell * u.inputSize + unit]';
      case 'state':
        return state(slot.state, 'before', 'unit');
      case 'vector':
        return `work[u.parameter${slot.parameter} + ${slot.block}u * u.units + unit]`;
      case 'recurrentMask':
        return `work[u.recurrentMask${slot.index} + row * u.units + unit]`;
      case 'value':
        return value(slot.index, 'unit');
      case 'product': {
        if (!isInputProjection(products[slot.product])) return resultName(slot.product, slot.block);
        const row = '(row * u.chunk + t - u.chunkStart)';
        const { length } = products[slot.product].results;
        return `work[${inRow(`u.projection${slot.product}`, row, length, slot.block, 'unit')}]`;
      }
      default:
        throw new Error(`a forward program cannot reach ${slot.kind}`);
    }
  };
  const store = (slot: Slot, text: string): string => {
    switch (slot.kind) {
      case 'newState':
        return `${state(slot.state, 'after', 'unit')} = ${text};`;
      case 'output':
        return `${output('cell')} = ${text};`;
      case 'value':
        return `${value(slot.index, 'unit')} = ${text};`;
      default:
        throw new Error(`a forward program cannot store ${slot.kind}`);
    }
  };
  const repeatedState = outputState(plan);
  const padded: Loop['padded'] = (slot, loadPlace) => {
    if (slot.kind === 'newState') return loadPlace({ kind: 'state', state: slot.state });
    if (slot.kind !== 'output') return null;
    if (repeatedState !== undefined) {
      return `select(0.0, ${loadPlace({ kind: 'state', state: repeatedState })}, u.repeat == 1u)`;
    }
    const oneStep = 'min(position, 1u) * u.stepCells';
    const earlier = output(`select(cell - ${oneStep}, cell + ${oneStep}, u.reverse == 1u)`);
    return `select(0.0, ${earlier}, u.repeat == 1u && position > 0u)`;
  };

  const loopProducts = products.flatMap((product, index) => (isInputProjection(product) ? [] : [index]));
  const keys = [...new Set(loopProducts.map((index) => JSON.stringify(products[index].operand)))];
  const operands = keys.map((key): Operand => {
    const operand = JSON.parse(key) as (typeof products)[number]['operand'];
    if (operand.kind === 'state') {
      return {
        blocks: 1,
        isDoubleBuffered: true,
        blockOf: (slot) => (slot.kind === 'newState' && slot.state === operand.state ? 0 : null),
        before: { kind: 'state', state: operand.state },
        at: (k) => state(operand.state, 'before', k),
      };
    }
    const index = operand.kind === 'value' ? operand.index : Number.NaN;
    return {
      blocks: 1,
      isDoubleBuffered: false,
      blockOf: (slot) => (slot.kind === 'value' && slot.index === index ? 0 : null),
      before: null,
      at: (k) => value(index, k),
    };
  });
  const t = 'select(position, u.timesteps - 1u - position, u.reverse == 1u)';
  return {
    name: `${plan.cell.name} forward`,
    bindings: [
      { name: 'work', access: 'read_write' },
      { name: 'x', access: 'read' },
      { name: 'sequence', access: 'read_write' },
      { name: 'saved', access: 'read_write' },
    ],
    step: `${keptStep(t)}
  if (u.keep == 0u) {
    before = position % 2u;
    after = 1u - before;
  }`,
    stages: schedule.stages.map((stage) => ({
      program: stage.program,
      products: stage.products.map((index) => {
        const { parameter, firstBlock, results, operand } = products[index];
        return {
          results: results.map((_, block) => resultName(index, block)),
          operand: keys.indexOf(JSON.stringify(operand)),
          firstBlock: 0,
          depthBlocks: 1,
          weightRow: (k) =>
            `u.parameter${parameter} + ${k} * ${width(plan, parameter)} + ${firstBlock}u * u.units`,
        };
      }),
    })),
    places: { load, store },
    padded,
    weight: weightInWork,
    operands,
    carried: { load: 'state', store: 'newState', count: plan.states.length },
    kept: {
      condition: 'u.keep == 1u',
      isOnlyFor: (slot) => slot.kind === 'value' && !isUsed(slot.index),
    },
    sums: { count: 0, indexOf: () => -1, place: () => '' },
  };
}

const resultName = (product: number, block: number): string => `product${product}_${block}`;
