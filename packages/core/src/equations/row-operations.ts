/**
 * The operations on whole rows: sums and maxima over parts of a row, repetition.
 *
 * This table alone defines each one (in float64) and its derivative. A row of `width` numbers has `parts` equal parts, one
 * behind the other; for `repeat` and `tile`, `parts` counts the copies.
 */
import type { OperationName } from './operations.js';

/** A value in a graph under construction: the index of its node. */
type NodeId = number;

export type RowOperationName = 'sumWithin' | 'maxWithin' | 'sumAcross' | 'repeat' | 'tile';

/** The part of the graph builder that derivative rules need. */
export interface RowAlgebra {
  apply(name: OperationName, ...inputs: NodeId[]): NodeId;
  rowOperation(name: RowOperationName, parts: number, operand: NodeId): NodeId;
  widthOf(id: NodeId): number;
}

export interface RowOperation {
  /** Whether the row must be divisible into the parts. */
  readonly divides: boolean;
  /** The length of the result. */
  width(width: number, parts: number): number;
  /** The number at a place of the result, from the operand's row, which begins at `start`. */
  evaluate(row: ArrayLike<number>, start: number, width: number, parts: number, place: number): number;
  /** The cotangent of the operand. */
  derivative(
    algebra: RowAlgebra,
    occurrence: {
      readonly operand: NodeId;
      readonly parts: number;
      readonly result: NodeId;
      readonly cotangent: NodeId;
    },
  ): NodeId;
}

export const rowOperations: Readonly<Record<RowOperationName, RowOperation>> = {
  /** The sum of each part: one number for each. */
  sumWithin: {
    divides: true,
    width: (_, parts) => parts,
    evaluate: (row, start, width, parts, place) => {
      const size = width / parts;
      let sum = 0;
      for (let i = 0; i < size; i++) sum += row[start + place * size + i];
      return sum;
    },
    derivative: (g, { operand, parts, cotangent }) =>
      g.rowOperation('repeat', g.widthOf(operand) / parts, cotangent),
  },
  /** The largest number of each part, NaN where one is. Equal largest numbers share the cotangent. */
  maxWithin: {
    divides: true,
    width: (_, parts) => parts,
    evaluate: (row, start, width, parts, place) => {
      const size = width / parts;
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < size; i++) largest = Math.max(largest, row[start + place * size + i]);
      return largest;
    },
    derivative: (g, { operand, parts, result, cotangent }) => {
      const size = g.widthOf(operand) / parts;
      const isLargest = g.apply('greaterEqual', operand, g.rowOperation('repeat', size, result));
      const share = g.apply('div', cotangent, g.rowOperation('sumWithin', parts, isLargest));
      return g.apply('mul', g.rowOperation('repeat', size, share), isLargest);
    },
  },
  /** The sum of the parts, number by number: a row as long as a part. */
  sumAcross: {
    divides: true,
    width: (width, parts) => width / parts,
    evaluate: (row, start, width, parts, place) => {
      const size = width / parts;
      let sum = 0;
      for (let part = 0; part < parts; part++) sum += row[start + part * size + place];
      return sum;
    },
    derivative: (g, { parts, cotangent }) => g.rowOperation('tile', parts, cotangent),
  },
  /** Each number `parts` times in a row. */
  repeat: {
    divides: false,
    width: (width, parts) => width * parts,
    evaluate: (row, start, _, parts, place) => row[start + Math.floor(place / parts)],
    derivative: (g, { operand, cotangent }) => g.rowOperation('sumWithin', g.widthOf(operand), cotangent),
  },
  /** The row `parts` times, one behind the other. */
  tile: {
    divides: false,
    width: (width, parts) => width * parts,
    evaluate: (row, start, width, _, place) => row[start + (place % width)],
    derivative: (g, { parts, cotangent }) => g.rowOperation('sumAcross', parts, cotangent),
  },
};
