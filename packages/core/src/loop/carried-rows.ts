import type { NodeId } from '../equations/operations.js';
import type { GraphBuilder } from '../graph/graph.js';
import type { LoopScan, Reference } from './loop.js';

/** A row that passes from step to step, and where a step reads and writes it. */
export interface CarriedRow {
  /** The row that a step reads. */
  readonly variable: NodeId;
  /** The row that it passes on. */
  readonly next: NodeId;
  /** A node that is the same as `next` wherever its value matters. */
  readonly same?: NodeId;
  readonly from: Reference;
  readonly to: Reference;
}

/** The work for the rows that pass from step to step, in a parallel loop: a part for each. */
export interface CarriedWork {
  /** What is computed between programs, although no program may read it. */
  readonly roots: readonly NodeId[];
  /** The operations and constants that it reads from memory. */
  readonly operands: readonly NodeId[];
  /** The node that stands for one of the graph. */
  of(id: NodeId): NodeId;
  /** The index of the part that computes a node, and the node's place; null if none does. */
  find(id: NodeId): { readonly index: number; readonly slot: Reference } | null;
  /** The loop's work for an index. */
  operationsOf(index: number, placeOf: (id: NodeId) => Reference): readonly LoopScan[];
}

/**
 * A way to compute the rows that pass from step to step over all steps at once; null where it cannot.
 * @param first the index of the first part of the work.
 */
export type Carry = (builder: GraphBuilder, rows: readonly CarriedRow[], first: number) => CarriedWork | null;
