import type { Program, Slot } from '@sluice/core/backend';
import type { Kernel } from '../kernel.js';
import type { Places } from '../wgsl/program.js';

/**
 * The time loop of a schedule in terms of WGSL, before it is decided how a GPU goes through it. Its code sees `row` (of the
 * batch), `unit` and `position` (in the order of processing, from 0), and whatever `step` finds from them.
 */
export interface Loop {
  readonly name: string;
  readonly bindings: Kernel['bindings'];
  /** Statements that find `t` (the time step) and `cell` (row and time step) and whatever else `places` name. */
  readonly step: string;
  readonly stages: readonly LoopStage[];
  readonly places: Places;
  /** What a store of a program gets at a padded step, or null where that is never looked at. */
  padded(slot: Slot, load: Places['load']): string | null;
  /** The condition under which every step is wanted in memory, and the stores that only that is for; null where nothing is kept. */
  readonly kept: { readonly condition: string; isOnlyFor(slot: Slot): boolean } | null;
  /** The weight at a place. */
  weight(place: string): string;
  /** What products multiply: kept near by strategies that can. */
  readonly operands: readonly Operand[];
  readonly carried: Carried;
  /** The gradients of vectors, which are summed up over the steps: how many, which one a store adds to, and where it is. */
  readonly sums: { readonly count: number; indexOf(slot: Slot): number; place(index: number): string };
}

export interface LoopStage {
  readonly products: readonly LoopProduct[];
  readonly program: Program;
}

/** A matrix product of every step. */
export interface LoopProduct {
  /** What the blocks of its result are called, `units` numbers each. */
  readonly results: readonly string[];
  /** Which of the operands, and the blocks of it that are multiplied. */
  readonly operand: number;
  readonly firstBlock: number;
  readonly depthBlocks: number;
  /** The place of the weight of depth `k` and result number `i` of the first block, as an expression without the last of them. */
  weightRow(k: string): string;
}

/** Rows that products multiply. */
export interface Operand {
  /** How many rows of `units` numbers it consists of. */
  readonly blocks: number;
  /** A state is read and written in the same step, so it needs two places, which take turns. */
  readonly isDoubleBuffered: boolean;
  /** The block of it that a store fills, or null. */
  blockOf(slot: Slot): number | null;
  /** The slot that it is loaded from before the first step, when there is one. */
  readonly before: Slot | null;
  /** Number `k` of it at this step, in memory. */
  at(k: string): string;
}

/** What goes from step to step: the states, or their cotangents. */
export interface Carried {
  readonly load: 'state' | 'stateCotangent';
  readonly store: 'newState' | 'previousStateCotangent';
  readonly count: number;
}

/** Weights are where all else is. */
export const weightInWork = (place: string): string => `work[${place}]`;

/** Whether a stage has anything to do. */
export const hasWork = ({ products, program }: LoopStage): boolean =>
  products.length > 0 || program.stores.length > 0;

/** The results of a stage's products that programs of later stages load: those wait in memory. */
export function waitingResults({ stages, places }: Loop, index: number): string[] {
  const later = new Set(stages.slice(index + 1).flatMap(({ program }) => program.loads.map(places.load)));
  return stages[index].products.flatMap(({ results }) => results.filter((name) => later.has(name)));
}

/** Where a result waits: a number of a row of `units` for each batch row. */
export const waitingPlace = (result: string): string =>
  `work[u.${waitingUniform(result)} + row * u.units + unit]`;

export const waitingUniform = (result: string): string => `waiting_${result}`;

/** The uniforms that some code reads. */
export const uniformsIn = (code: string): string[] => [
  ...new Set([...code.matchAll(/\bu\.(\w+)/g)].map(([, name]) => name)),
];
