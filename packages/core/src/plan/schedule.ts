import type { NodeId } from '../equations/operations.js';
import { type Node, operandsOf, reachable } from '../graph/graph.js';
import type { Program, Stage } from './program.js';

/** A value and the place in which it is stored. */
export interface Store<Place> {
  readonly node: NodeId;
  readonly slot: Place;
  /** The length of the stored row. */
  readonly width: number;
}

export interface ScheduleRequest<Place> {
  readonly nodes: readonly Node[];
  /** The length of each node's row; a row of one number stands for a row of any length. */
  readonly widths: readonly number[];
  readonly stores: readonly Store<Place>[];
  /** The place of a value that this schedule does not compute, else null. */
  readonly leaf: (id: NodeId) => Place | null;
  /** For what is computed between programs, such as a matrix product: its index, if it is work, and the place of its result. */
  readonly product: (id: NodeId) => { readonly index?: number; readonly slot: Place } | null;
  /** Whether `stores` has stored the operands of a product, so that they need no place of their own. */
  readonly readsStores?: (id: NodeId) => boolean;
  /** What is computed although no program reads it, such as the states of a parallel loop. */
  readonly roots?: readonly NodeId[];
  /** The values 0, 1, …; values that are read from memory are added after them. */
  readonly kept: readonly NodeId[];
  /** The place of value 0, 1, … */
  readonly value: (index: number, width: number) => Place;
  /** A part of the rows of a place. */
  readonly part: (place: Place, start: number, width: number) => Place;
  /** A place whose rows are one number each, which stands for a row. */
  readonly spread: (place: Place) => Place;
}

/** The stages of a time step, and the place of each value that they read or store. */
export interface Schedule<Place> {
  readonly stages: Stage<Place>[];
  placeOf(id: NodeId): Place;
}

/**
 * Orders the work of one time step: products by their depth, each with the pointwise operations after it.
 *
 * An operation runs as late as its users allow, so that few values must be stored between programs. A program computes rows
 * of one length; what it reads of another length, or in parts, comes from memory.
 */
export function schedule<Place>(request: ScheduleRequest<Place>): Schedule<Place> {
  const {
    nodes,
    widths,
    stores,
    leaf,
    product,
    readsStores,
    roots = [],
    kept,
    value,
    part,
    spread,
  } = request;
  const cut = nodes.map((node, id): Node => (leaf(id) ? { kind: 'input' } : node));
  const order = reachable(cut, [...stores.map(({ node }) => node), ...kept, ...roots]).filter(
    (id) => leaf(id) === null && nodes[id].kind !== 'constant',
  );
  /** The earliest stage of each value. */
  const levels = new Map<NodeId, number>();
  /** The stage of each operation. */
  const stageOf = new Map<NodeId, number>();
  /** The numbers of the values in memory. */
  const values = new Map<NodeId, number>();

  const isOperation = (id: NodeId): boolean => levels.has(id) && nodes[id].kind === 'operation';
  const isSlice = (id: NodeId): boolean => levels.has(id) && nodes[id].kind === 'slice' && !product(id);
  function addValue(id: NodeId) {
    if (!values.has(id)) values.set(id, values.size);
  }

  /** How many stages a value must be ahead of a user, which reads it from memory or has it in its program. */
  function distance(id: NodeId, user: NodeId): number {
    if (product(user)) return 1;
    if (!isOperation(id)) return 0;
    return isSlice(user) || widths[id] !== widths[user] ? 1 : 0;
  }

  /** The stage whose program stores a value as a row of `width` numbers: its own, or the first that can read it. */
  function storeLevel(id: NodeId, width: number, stages: ReadonlyMap<NodeId, number>): number {
    const known = (node: NodeId) => stages.get(node) ?? levels.get(node) ?? 0;
    const node = nodes[id];
    // A slice is read from memory, so after the stage of the row behind it.
    if (node.kind === 'slice' && isSlice(id)) return known(node.operand) + distance(node.operand, id);
    return known(id) + (isOperation(id) && widths[id] !== width ? 1 : 0);
  }

  for (const id of order) {
    const ahead = operandsOf(nodes[id]).map((operand) => (levels.get(operand) ?? 0) + distance(operand, id));
    levels.set(id, Math.max(0, ...ahead));
  }
  const lastStage = Math.max(
    0,
    ...levels.values(),
    ...stores.map(({ node, width }) => storeLevel(node, width, levels)),
  );

  /** Puts operations into stages, the last one first, each as late as its users allow; returns those in memory. */
  function placeOperations(): ReadonlySet<NodeId> {
    const inMemory = new Set<NodeId>();
    const latest = new Map<NodeId, number>();
    const latestOf = (id: NodeId) => latest.get(id) ?? lastStage;
    const limit = (id: NodeId, stage: number) => latest.set(id, Math.min(latestOf(id), stage));
    for (const { node, width } of stores) {
      if (!isOperation(node) || widths[node] === width) continue;
      limit(node, lastStage - 1);
      inMemory.add(node);
    }
    for (const id of [...order].reverse()) {
      const stage = product(id) ? (levels.get(id) as number) : latestOf(id);
      if (isOperation(id)) stageOf.set(id, stage);
      for (const operand of operandsOf(nodes[id])) {
        // A slice is no work of its own: an operation reads the row behind it, a product perhaps a copy that a store makes.
        const isRead = isSlice(operand) && !product(id);
        limit(operand, isRead ? stage : stage - distance(operand, id));
      }
    }
    for (const id of order) {
      if (readsStores?.(id)) continue;
      for (const operand of operandsOf(nodes[id])) {
        if (isOperation(operand) && stageOf.get(operand) !== stageOf.get(id)) inMemory.add(operand);
      }
    }
    return inMemory;
  }

  function placeOf(id: NodeId): Place {
    const place = leaf(id) ?? product(id)?.slot;
    if (place) return place;
    const node = nodes[id];
    if (node.kind === 'slice') return part(placeOf(node.operand), node.start, node.width);
    return value(values.get(id) as number, widths[id]);
  }

  function programOf(own: readonly NodeId[], stored: readonly Store<Place>[], width: number): Program<Place> {
    const needed = new Set([
      ...own.flatMap((id) => operandsOf(nodes[id])),
      ...stored.map(({ node }) => node),
    ]);
    for (const id of own) needed.delete(id);
    const loaded: NodeId[] = [];
    const constants: NodeId[] = [];
    const numbers: number[] = [];
    for (const id of [...needed].sort((a, b) => a - b)) {
      const node = nodes[id];
      if (node.kind !== 'constant') loaded.push(id);
      else {
        constants.push(id);
        numbers.push(node.value);
      }
    }
    const numbering = new Map([...loaded, ...constants, ...own].map((id, number) => [id, number]));
    const numberOf = (id: NodeId) => numbering.get(id) as number;
    return {
      loads: loaded.map((id) => (widths[id] === width ? placeOf(id) : spread(placeOf(id)))),
      constants: numbers,
      operations: own.map((id) => {
        const node = nodes[id];
        if (node.kind !== 'operation')
          throw new Error(`a ${node.kind} cannot be part of a pointwise program`);
        return { name: node.name, inputs: node.inputs.map(numberOf) };
      }),
      stores: stored.map(({ node, slot }) => ({ value: numberOf(node), slot })),
    };
  }

  /** The stages for one depth of products: a program for each length of rows, the products in front of the first. */
  function stagesOf(stage: number, allStores: readonly Store<Place>[]): Stage<Place>[] {
    const products = order
      .filter((id) => levels.get(id) === stage)
      .map((id) => product(id)?.index)
      .filter((index) => index !== undefined);
    const stored = allStores.filter(({ node, width }) => storeLevel(node, width, stageOf) === stage);
    const own = order.filter((id) => stageOf.get(id) === stage);
    const lengths = new Set([...own.map((id) => widths[id]), ...stored.map(({ width }) => width)]);
    if (lengths.size === 0) lengths.add(1);
    return [...lengths].map((width, i) => ({
      products: i === 0 ? [...new Set(products)] : [],
      width,
      program: programOf(
        own.filter((id) => widths[id] === width),
        stored.filter((store) => store.width === width),
        width,
      ),
    }));
  }

  const inMemory = placeOperations();
  kept.forEach(addValue);
  order.filter((id) => inMemory.has(id)).forEach(addValue);
  const allStores = [
    ...stores,
    ...[...values].map(([node, index]): Store<Place> => {
      const width = widths[node];
      return { node, slot: value(index, width), width };
    }),
  ];
  const stages: Stage<Place>[] = [];
  for (let stage = 0; stage <= lastStage; stage++) stages.push(...stagesOf(stage, allStores));
  return { stages, placeOf };
}
