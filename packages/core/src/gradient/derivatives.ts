/** The derivative of every operation. They are apart from the definitions: a page that only runs cells loads no gradient. */
import type { NodeId, OperationName } from '../equations/operations.js';
import type { RowOperationName } from '../equations/row-operations.js';
import type { GraphBuilder } from '../graph/graph.js';

/** The arguments of a rule: the operands, the result and the cotangent of the result. */
interface RuleArgs {
  readonly inputs: readonly NodeId[];
  readonly result: NodeId;
  readonly cotangent: NodeId;
}

/** Cotangents of the operands; `null` where the operation is constant almost everywhere. */
type Rule = (g: GraphBuilder, occurrence: RuleArgs) => readonly (NodeId | null)[];

/**
 * The derivatives of scalar operations. If the operands of `max` are equal, the second gets the cotangent: the derivative of
 * `max(x, 0)` at 0 is 0. For `min` it is the first.
 */
export const derivatives: Readonly<Record<OperationName, Rule>> = {
  identity: (_, { cotangent }) => [cotangent],
  add: (_, { cotangent }) => [cotangent, cotangent],
  sub: (g, { cotangent }) => [cotangent, g.apply('neg', cotangent)],
  mul: (g, { inputs: [a, b], cotangent }) => [g.apply('mul', cotangent, b), g.apply('mul', cotangent, a)],
  div: (g, { inputs: [, b], result, cotangent }) => {
    const da = g.apply('div', cotangent, b);
    return [da, g.apply('neg', g.apply('mul', da, result))];
  },
  neg: (g, { cotangent }) => [g.apply('neg', cotangent)],
  oneMinus: (g, { cotangent }) => [g.apply('neg', cotangent)],
  max: (g, { inputs: [a, b], cotangent }) => {
    const first = g.apply('greater', a, b);
    return [g.apply('mul', cotangent, first), g.apply('mul', cotangent, g.apply('oneMinus', first))];
  },
  min: (g, { inputs: [a, b], cotangent }) => {
    const second = g.apply('greater', a, b);
    return [g.apply('mul', cotangent, g.apply('oneMinus', second)), g.apply('mul', cotangent, second)];
  },
  greater: () => [null, null],
  greaterEqual: () => [null, null],
  select: (g, { inputs: [a], cotangent }) => {
    const zero = g.constant(0);
    return [null, g.apply('select', a, cotangent, zero), g.apply('select', a, zero, cotangent)];
  },
  abs: (g, { inputs: [a], cotangent }) => [g.apply('mul', cotangent, g.apply('sign', a))],
  sign: () => [null],
  sigmoid: (g, { result, cotangent }) => [
    g.apply('mul', cotangent, g.apply('mul', result, g.apply('oneMinus', result))),
  ],
  tanh: (g, { result, cotangent }) => [
    g.apply('mul', cotangent, g.apply('oneMinus', g.apply('mul', result, result))),
  ],
  exp: (g, { result, cotangent }) => [g.apply('mul', cotangent, result)],
  log: (g, { inputs: [a], cotangent }) => [g.apply('div', cotangent, a)],
  sqrt: (g, { result, cotangent }) => [g.apply('div', cotangent, g.apply('mul', g.constant(2), result))],
  softplus: (g, { inputs: [a], cotangent }) => [g.apply('mul', cotangent, g.apply('sigmoid', a))],
  erf: (g, { inputs: [a], cotangent }) => {
    const gaussian = g.apply('exp', g.apply('neg', g.apply('mul', a, a)));
    return [g.apply('mul', cotangent, g.apply('mul', g.constant(2 / Math.sqrt(Math.PI)), gaussian))];
  },
};

interface RowRuleArgs {
  readonly operand: NodeId;
  readonly parts: number;
  readonly result: NodeId;
  readonly cotangent: NodeId;
}

/** The cotangent of the operand. */
type RowRule = (g: GraphBuilder, occurrence: RowRuleArgs) => NodeId;

/** The derivatives of operations on whole rows. Equal largest numbers of `maxWithin` share the cotangent. */
export const rowDerivatives: Readonly<Record<RowOperationName, RowRule>> = {
  sumWithin: (g, { operand, parts, cotangent }) =>
    g.rowOperation('repeat', g.widths[operand] / parts, cotangent),
  maxWithin: (g, { operand, parts, result, cotangent }) => {
    const size = g.widths[operand] / parts;
    const isLargest = g.apply('greaterEqual', operand, g.rowOperation('repeat', size, result));
    const share = g.apply('div', cotangent, g.rowOperation('sumWithin', parts, isLargest));
    return g.apply('mul', g.rowOperation('repeat', size, share), isLargest);
  },
  sumAcross: (g, { parts, cotangent }) => g.rowOperation('tile', parts, cotangent),
  repeat: (g, { operand, cotangent }) => g.rowOperation('sumWithin', g.widths[operand], cotangent),
  tile: (g, { parts, cotangent }) => g.rowOperation('sumAcross', parts, cotangent),
};
