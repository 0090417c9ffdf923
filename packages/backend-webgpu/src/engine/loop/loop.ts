import type { Program, Slot } from '@sluice/core/backend';
import type { Kernel } from '../kernel.js';
import type { Places } from '../wgsl/program.js';

/**
 * The time loop of a schedule as WGSL expressions, independent of the strategy. The code reads `row` (of the batch), `unit`,
 * `position` (in the order of processing, from 0), and the variables that `step` declares.
 */
export interface Loop {
  readonly name: string;
  readonly bindings: Kernel['bindings'];
  /** Statements that declare `t` (the time step), `cell` (row and time step) and the variables that `places` use. */
  readonly step: string;
  readonly stages: readonly LoopStage[];
  readonly places: Places;
  /** The value that a store writes at a padded step, or null if nothing reads it. */
  padded(slot: Slot, load: Places['load']): string | null;
  /** The condition for saving every step, and the stores that only saving needs; null if nothing is saved. */
  readonly kept: { readonly condition: string; isOnlyFor(slot: Slot): boolean } | null;
  /** Writes the expression of the weight at a place. */
  weight(place: string): string;
  /** The operands of products, which `resident` keeps in workgroup memory. */
  readonly operands: readonly Operand[];
  readonly carried: Carried;
  /** Sums over the steps, the gradients of vectors: their number, the index for a store, and the place of each. */
  readonly sums: { readonly count: number; indexOf(slot: Slot): number; place(index: number): string };
}

export interface LoopStage {
  readonly products: readonly LoopProduct[];
  readonly program: Program;
}

/** A matrix product of every step. */
export interface LoopProduct {
  /** The names of the result's blocks of `units` numbers. */
  readonly results: readonly string[];
  /** The index of the operand, and the blocks of it to multiply. */
  readonly operand: number;
  readonly firstBlock: number;
  readonly depthBlocks: number;
  /** Writes the place of the first weight of depth `k`; those of the other units follow. */
  weightRow(k: string): string;
}

/** Rows that products multiply with weights. */
export interface Operand {
  /** The number of rows of `units` numbers. */
  readonly blocks: number;
  /** Whether it needs a double buffer: a state is read and written in the same step. */
  readonly isDoubleBuffered: boolean;
  /** The block that a store fills, or null. */
  blockOf(slot: Slot): number | null;
  /** The slot to load before the first step, if any. */
  readonly before: Slot | null;
  /** Writes the place of number `k` at this step in memory. */
  at(k: string): string;
}

/** The values that pass from step to step: the states, or their cotangents. */
export interface Carried {
  readonly load: 'state' | 'stateCotangent';
  readonly store: 'newState' | 'previousStateCotangent';
  readonly count: number;
}

/** Reads weights from the workspace. */
export const weightInWork = (place: string): string => `work[${place}]`;

/** Whether a stage has products or stores. */
export const hasWork = ({ products, program }: LoopStage): boolean =>
  products.length > 0 || program.stores.length > 0;

/** The results of a stage's products that later stages load from memory. */
export function waitingResults({ stages, places }: Loop, index: number): string[] {
  const later = new Set(stages.slice(index + 1).flatMap(({ program }) => program.loads.map(places.load)));
  return stages[index].products.flatMap(({ results }) => results.filter((name) => later.has(name)));
}

/** The place of such a result: `units` numbers for each batch row. */
export const waitingPlace = (result: string): string =>
  `work[u.${waitingUniform(result)} + row * u.units + unit]`;

export const waitingUniform = (result: string): string => `waiting_${result}`;

/** Lists the uniforms that code reads. */
export const uniformsIn = (code: string): string[] => [
  ...new Set([...code.matchAll(/\bu\.(\w+)/g)].map(([, name]) => name)),
];
