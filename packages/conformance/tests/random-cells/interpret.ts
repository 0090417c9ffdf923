/** Runs a described cell over sequences, one row of the batch and one step after the other, in plain loops. */
import type { Sizes } from '@sluice/core';
import {
  type CellDescription,
  type DescribedParameter,
  lengthOf,
  type Row,
} from '../../src/random-cells/description.js';
import { add, type Dual, dual, mul } from './dual.js';
import { type DualRow, meanings, type Value } from './words.js';

/** Numbers with their derivatives. */
export interface Given {
  readonly batch: number;
  readonly timesteps: number;
  /** `[batch, timesteps, inputSize]` */
  readonly x: DualRow;
  /** By name, as stored. */
  readonly parameters: Readonly<Record<string, DualRow>>;
  /** `[batch, width]` of each state. */
  readonly states: readonly DualRow[];
  /** `[batch, timesteps]`, 0 at padded steps. */
  readonly mask?: ArrayLike<number> | undefined;
  readonly maskedOutput: 'repeat' | 'zero';
  readonly reverse: boolean;
  /** By `parameter.block` of recurrent kernels: what their operands are multiplied by, `[batch, rows]`. */
  readonly dropout: Readonly<Record<string, ArrayLike<number>>>;
}

export interface Run {
  /** `[batch][timesteps][width]` */
  readonly sequence: readonly (readonly DualRow[])[];
  /** `[state][batch][width]` */
  readonly states: readonly (readonly DualRow[])[];
}

const zeros = (length: number): Dual[] => Array.from({ length }, () => dual(0));
const inFull = (row: DualRow, length: number): DualRow =>
  row.length === length ? row : Array.from({ length }, () => row[0]);

export function interpret(description: CellDescription, sizes: Sizes, given: Given): Run {
  const widths = description.states.map(({ width }) => lengthOf(width, sizes));
  const outputWidth = widthOfOutput(description, sizes, widths);
  const sequence: DualRow[][] = [];
  const finalStates: DualRow[][] = widths.map(() => []);
  for (let row = 0; row < given.batch; row++) {
    let states: readonly DualRow[] = given.states.map((all, s) =>
      all.slice(row * widths[s], (row + 1) * widths[s]),
    );
    const repeated = repeatedState(description, widths, outputWidth);
    let output: DualRow = repeated === undefined ? zeros(outputWidth) : states[repeated];
    const outputs: DualRow[] = [];
    for (let i = 0; i < given.timesteps; i++) {
      const step = given.reverse ? given.timesteps - 1 - i : i;
      const place = row * given.timesteps + step;
      if (given.mask && given.mask[place] === 0) {
        outputs[step] = given.maskedOutput === 'repeat' ? output : zeros(outputWidth);
        continue;
      }
      const x = given.x.slice(place * sizes.inputSize, (place + 1) * sizes.inputSize);
      const made = oneStep(description, sizes, given, { row, x, states });
      const result = (name: string) => made[description.results[name]];
      states = description.states.map(({ name }, s) => inFull(result(name), widths[s]));
      output = 'output' in description.results ? inFull(result('output'), outputWidth) : states[0];
      outputs[step] = output;
    }
    sequence.push(outputs);
    for (const [s, state] of states.entries()) finalStates[s].push(state);
  }
  return { sequence, states: finalStates };
}

/** The state that the output is; before the first step its initial row is the output. */
function repeatedState(
  { results, states }: CellDescription,
  widths: readonly number[],
  outputWidth: number,
): number | undefined {
  if (!('output' in results)) return 0;
  const state = states.findIndex(
    ({ name }, s) => results[name] === results.output && widths[s] === outputWidth,
  );
  return state < 0 ? undefined : state;
}

interface StepInputs {
  readonly row: number;
  readonly x: DualRow;
  readonly states: readonly DualRow[];
}

/** The rows of one step. */
function oneStep(description: CellDescription, sizes: Sizes, given: Given, inputs: StepInputs): DualRow[] {
  const made: DualRow[] = [];
  for (const row of description.rows) made.push(evaluate(row, made, description, sizes, given, inputs));
  return made;
}

function evaluate(
  row: Row,
  made: readonly DualRow[],
  { states, parameters, useBias }: CellDescription,
  sizes: Sizes,
  given: Given,
  inputs: StepInputs,
): DualRow {
  switch (row.kind) {
    case 'input':
      return inputs.x;
    case 'state':
      return inputs.states[states.findIndex(({ name }) => name === row.state)];
    case 'vector': {
      const parameter = parameters.find(({ name }) => name === row.parameter) as DescribedParameter;
      if (parameter.role === 'bias' && !useBias) return [dual(0)];
      const width = widthOf(parameter, sizes);
      const start = parameter.blocks.indexOf(row.block) * width;
      return given.parameters[parameter.name].slice(start, start + width);
    }
    case 'product': {
      const parameter = parameters.find(({ name }) => name === row.parameter) as DescribedParameter;
      const operand = made[row.row];
      const factors = given.dropout[`${row.parameter}.${row.block}`];
      const dropped = factors
        ? operand.map(({ v, d }, i) => {
            const factor = factors[inputs.row * operand.length + i];
            return dual(v * factor, d * factor);
          })
        : operand;
      return multiply(dropped, parameter, row.block, sizes, given.parameters[parameter.name]);
    }
    case 'word': {
      const values = row.arguments.map((argument): Value => {
        if (typeof argument === 'number') return argument;
        return 'row' in argument ? made[argument.row] : argument.settings;
      });
      const result = meanings[row.word](...values);
      return (row.pick === undefined ? result : result[row.pick]) as DualRow;
    }
  }
}

const widthOf = ({ width }: DescribedParameter, sizes: Sizes): number =>
  width === undefined ? sizes.units : lengthOf(width, sizes);

/** A row times a block; with groups, each part of the result is a product of its part of the row. */
function multiply(
  operand: DualRow,
  parameter: DescribedParameter,
  block: string,
  sizes: Sizes,
  numbers: DualRow,
): DualRow {
  const width = widthOf(parameter, sizes);
  const { groups = 1, blocks } = parameter;
  const stride = blocks.length * width;
  const depth = operand.length / groups;
  return Array.from({ length: width }, (_, column) => {
    const group = Math.floor(column / (width / groups));
    let sum = dual(0);
    for (let i = 0; i < depth; i++) {
      const weight = numbers[i * stride + blocks.indexOf(block) * width + column];
      sum = add(sum, mul(operand[group * depth + i], weight));
    }
    return sum;
  });
}

/** The width of the output, which does not depend on numbers: that of a step on zeros, all of it inside the domains. */
function widthOfOutput(description: CellDescription, sizes: Sizes, widths: readonly number[]): number {
  if (!('output' in description.results)) return widths[0];
  const count = ({ blocks, rows, role, groups = 1, ...rest }: DescribedParameter) => {
    const isMatrix = role !== 'bias' && role !== 'recurrentVector';
    const usual = role === 'kernel' ? sizes.inputSize : sizes.units;
    const depth = isMatrix ? (rows === undefined ? usual : lengthOf(rows, sizes)) / groups : 1;
    return blocks.length * widthOf({ blocks, role, ...rest }, sizes) * depth;
  };
  const parameters = Object.fromEntries(
    description.parameters.map((parameter) => [parameter.name, zeros(count(parameter))]),
  );
  const rest = { batch: 1, timesteps: 1, maskedOutput: 'zero', reverse: false, dropout: {} } as const;
  const states: readonly DualRow[] = widths.map(zeros);
  const x = zeros(sizes.inputSize);
  const made = oneStep(description, sizes, { ...rest, x, states, parameters }, { row: 0, x, states });
  return made[description.results.output].length;
}
