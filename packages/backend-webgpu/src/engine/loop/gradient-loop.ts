import type { Plan } from '@sluice/core';
import { outputState, type Slot } from '@sluice/core/backend';
import { keptStep } from './forward-loop.js';
import { type Loop, type Operand, weightInWork } from './loop.js';

/** The loop of a plan's gradient, from the last processed step, at position 0, to the first. */
export function gradientLoop(plan: Plan): Loop {
  const { schedule, buffers, places: cotangentPlaces, vectors, input } = plan.gradient;
  const own = (start: string) => `[u.${start} + row * u.units + unit]`;
  const stateCotangent = (s: number, turn: string) =>
    `work[u.stateCotangent${s} + (${turn} * u.batch + row) * u.units + unit]`;
  const savedState = (s: number, slot: string) =>
    `saved[u.state${s} + (${slot} * u.batch + row) * u.units + unit]`;
  const cotangent = (buffer: number, place: string) => {
    const row = '(row * u.chunk + t - u.chunkStart)';
    return `work[u.productCotangent${buffer} + ${row} * ${buffers[buffer].length}u * u.units + ${place}]`;
  };
  const sum = (index: number) =>
    `work[u.vectorSums + (row * ${vectors.length}u + ${index}u) * u.units + unit]`;
  const indexOfSum = (slot: Slot) =>
    vectors.findIndex(
      ({ parameter, block }) =>
        slot.kind === 'vectorCotangent' && parameter === slot.parameter && block === slot.block,
    );

  const load = (slot: Slot): string => {
    switch (slot.kind) {
      case 'input':
        return 'x[cell * u.inputSize + unit]';
      case 'state':
        return savedState(slot.state, 'before');
      case 'newState':
        return savedState(slot.state, 'after');
      case 'output':
        return 'sequence[cell * u.units + unit]';
      case 'vector':
        return `work[u.parameter${slot.parameter} + ${slot.block}u * u.units + unit]`;
      case 'recurrentMask':
        return `work${own(`recurrentMask${slot.index}`)}`;
      case 'saved':
        return `saved[u.value${slot.index} + cell * u.units + unit]`;
      case 'value':
        return `work${own(`gradientValue${slot.index}`)}`;
      case 'outputCotangent':
        return 'select(0.0, sequenceCotangent[cell * u.units + unit], u.hasSequenceCotangent == 1u)';
      case 'stateCotangent':
        return stateCotangent(slot.state, 'incoming');
      case 'transposedProduct':
        return resultName(slot.product);
      default:
        throw new Error(`a gradient program cannot reach ${slot.kind}`);
    }
  };
  const store = (slot: Slot, text: string): string => {
    switch (slot.kind) {
      case 'value':
        return `work${own(`gradientValue${slot.index}`)} = ${text};`;
      case 'previousStateCotangent':
        return `${stateCotangent(slot.state, 'outgoing')} = ${text};`;
      case 'productCotangent':
        return `${cotangent(slot.buffer, `${slot.block}u * u.units + unit`)} = ${text};`;
      case 'inputCotangent':
        return `inputCotangent[cell * u.inputSize + unit] = ${text};`;
      case 'vectorCotangent':
        return `${sum(indexOfSum(slot))} += ${text};`;
      default:
        throw new Error(`a gradient program cannot store ${slot.kind}`);
    }
  };
  const repeatedState = outputState(plan);
  const padded: Loop['padded'] = (slot, loadPlace) => {
    switch (slot.kind) {
      case 'previousStateCotangent': {
        const incoming = loadPlace({ kind: 'stateCotangent', state: slot.state });
        if (slot.state !== repeatedState) return incoming;
        // A padded step repeats the state before it as output, so the output's cotangent is added to that state's.
        return `${incoming} + select(0.0, ${load({ kind: 'outputCotangent' })}, u.repeat == 1u)`;
      }
      case 'productCotangent':
      case 'inputCotangent':
      case 'vectorCotangent':
        return '0.0';
      default:
        return null;
    }
  };

  const used = [
    ...new Set(
      schedule.stages.flatMap(({ products }) => products.map((index) => cotangentPlaces[index].buffer)),
    ),
  ];
  const operands = used.map(
    (buffer): Operand => ({
      blocks: buffers[buffer].length,
      isDoubleBuffered: false,
      blockOf: (slot) => (slot.kind === 'productCotangent' && slot.buffer === buffer ? slot.block : null),
      before: null,
      at: (k) => cotangent(buffer, k),
    }),
  );
  return {
    name: `${plan.cell.name} gradient`,
    bindings: [
      { name: 'work', access: 'read_write' },
      { name: 'x', access: 'read' },
      { name: 'sequence', access: 'read' },
      { name: 'saved', access: 'read' },
      { name: 'sequenceCotangent', access: 'read' },
      ...(input === null ? [] : [{ name: 'inputCotangent', access: 'read_write' } as const]),
    ],
    step: `${keptStep('select(u.timesteps - 1u - position, position, u.reverse == 1u)')}
  let incoming = position % 2u;
  let outgoing = 1u - incoming;`,
    stages: schedule.stages.map((stage) => ({
      program: stage.program,
      products: stage.products.map((index) => {
        const { buffer, firstBlock } = cotangentPlaces[index];
        return {
          results: [resultName(index)],
          operand: used.indexOf(buffer),
          firstBlock,
          depthBlocks: plan.products[index].results.length,
          weightRow: (k) => `u.transposed${index} + ${k} * u.units`,
        };
      }),
    })),
    places: { load, store },
    padded,
    weight: weightInWork,
    operands,
    carried: {
      load: 'stateCotangent',
      store: 'previousStateCotangent',
      count: plan.states.length,
    },
    kept: null,
    sums: { count: vectors.length, indexOf: indexOfSum, place: sum },
  };
}

const resultName = (product: number): string => `transposed${product}_`;
