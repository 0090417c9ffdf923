import { type Cell, defineCell } from '@sluice/core';
import {
  type Expression,
  exp,
  kernel,
  recurrentKernel,
  recurrentVector,
  sigmoid,
  softsign,
  tanh,
} from '@sluice/core/equations';
import { Random } from '../random.js';
import { own, type Variant } from './variant.js';

const CELLS = 60;
const STATES: readonly string[] = ['a', 'b', 'c'];
const INPUT_BLOCKS = ['i', 'j', 'k'] as const;
const STATE_BLOCKS = ['p', 'q', 'r', 's'] as const;

/** A softsign whose kink is away from 0, near which rows of random equations often are. */
const shiftedSoftsign = (row: Expression): Expression => softsign(row.add(0.3));

/**
 * A cell with random equations. It starts with a few rows and makes further rows from earlier ones; some of the last rows are
 * the states and the output.
 */
function randomCell(number: number): Cell {
  const name = `random equations ${number}`;
  const states = STATES.slice(0, 1 + (number % STATES.length));
  return defineCell({
    name,
    states,
    parameters: {
      kernel: kernel(...INPUT_BLOCKS),
      recurrentKernel: recurrentKernel(...STATE_BLOCKS),
      recurrentVector: recurrentVector('v'),
    },
    equations: (rows, { kernel: W, recurrentKernel: U, recurrentVector }) => {
      const random = new Random(name);
      const pick = <T>(from: readonly T[]): T => from[random.integer(0, from.length - 1)];
      const known: Expression[] = [...states.map((state) => rows[state]), recurrentVector.v];
      const any = () => pick(known);
      const late = () => pick(known.slice(-5));
      const makers: (() => Expression)[] = [
        () => W[pick(INPUT_BLOCKS)](rows.x),
        () => U[pick(STATE_BLOCKS)](any()),
        () => U[pick(STATE_BLOCKS)](late()),
        () => tanh(late()),
        () => sigmoid(any()),
        () => shiftedSoftsign(late()),
        () => late().add(any()),
        () => late().sub(any()),
        () => tanh(late()).mul(any()),
        () => any().oneMinus().mul(0.5),
        () => late().neg(),
        () => late().div(exp(tanh(any())).add(0.5)),
      ];
      for (let i = random.integer(4, 14); i > 0; i--) known.push(pick(makers)());
      // With a bounded activation, so that the numbers do not grow from step to step.
      const result = () => (random.next() < 0.6 ? tanh(late()) : shiftedSoftsign(late()));
      const raw = U[pick(STATE_BLOCKS)](tanh(late()));
      const newStates = Object.fromEntries(
        states.map((state) => [state, random.next() < 0.2 ? raw : result()]),
      );
      return random.next() < 0.5 ? newStates : { ...newStates, output: late() };
    },
  });
}

/** Cells with random equations, the same for the same seed. */
export const randomVariants: readonly Variant[] = Array.from({ length: CELLS }, (_, i) => own(randomCell(i)));
