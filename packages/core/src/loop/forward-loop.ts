import type { NodeId } from '../equations/operations.js';
import { type Node, withOperands } from '../graph/graph.js';
import { isInputProjection } from '../graph/products.js';
import { outputState, type Plan } from '../plan/plan.js';
import type { Store } from '../plan/schedule.js';
import {
  collectBuffers,
  columnsOf,
  givenBuffer,
  givenRows,
  type LoopOptions,
  maskGraph,
  productName,
  resultBuffer,
} from './build.js';
import type { CarriedRow, Carry } from './carried-rows.js';
import type { Carried, Loop, LoopStage, ParallelLoop, Reference, StepProduct } from './loop.js';
import { savedState, savedValue } from './saved.js';
import { formStages, type StepSource } from './step-stages.js';

/** The forward pass of a plan over a sequence; with a list of values it saves these and the states for the gradient. */
export const forwardLoop = (plan: Plan, options: LoopOptions, saved?: readonly NodeId[]): Loop =>
  parallelForwardLoop(plan, options, saved) as Loop;

/**
 * The same over all steps at once; null if its recurrences are not linear.
 *
 * @param carry how rows pass from step to step in a parallel loop. Without it, the loop takes step by step.
 */
export function parallelForwardLoop(
  plan: Plan,
  options: LoopOptions,
  saved: readonly NodeId[] | undefined,
  carry?: Carry,
): ParallelLoop | null {
  const { masked, inSteps, byRows } = options;
  const { products, outputWidth, stateWidths } = plan;
  const buffers = collectBuffers(carry !== undefined);
  const given = givenRows(buffers, plan, options);
  const graph = maskGraph(plan, plan.nodes, masked !== 'no');
  const { builder } = graph;
  const passed: Carried[] = [];

  function addState(_: string, index: number): number {
    const width = stateWidths[index];
    const state = savedState(plan, index);
    const buffer = buffers.add(saved ? state : { ...state, life: 'scratch' });
    const initial = buffers.add(givenBuffer({ kind: 'initialState', index }, 'batch', width));
    const final = buffers.add(resultBuffer({ kind: 'finalState', index }, 'batch', width));
    passed.push({ buffer, initial, final });
    return buffer;
  }
  // In the order of the saved layout, whether or not the schedule comes to use them.
  saved?.forEach((id, index) => {
    buffers.add(savedValue(index, plan.widths[id]));
  });
  const states = plan.states.map(addState);

  const stateRows = (state: number, at: 'before' | 'after'): Reference => ({
    buffer: states[state],
    at,
    column: 0,
    width: stateWidths[state],
  });

  /** The output of the step before, which padded steps repeat. */
  function lastOutput(at: 'before' | 'after'): Reference {
    const rows = buffers.rows(
      { name: 'last output', rows: 'states', width: outputWidth, life: 'scratch' },
      at,
    );
    const { buffer } = rows;
    if (passed.every((other) => other.buffer !== buffer)) passed.push({ buffer });
    return rows;
  }

  function output(): Store<Reference> {
    const slot = buffers.rows(resultBuffer({ kind: 'output' }, 'sequence', outputWidth));
    const node = graph.of(plan.output);
    const store = { node, slot, width: outputWidth };
    if (masked === 'no') return store;
    if (masked === 'zero') return { ...store, node: graph.zeroIfPadded(node) };
    const state = outputState(plan);
    const last: Node =
      state === undefined ? { kind: 'lastOutput', width: outputWidth } : { kind: 'state', state };
    return { ...store, node: graph.unlessPadded(node, builder.intern(last)) };
  }

  /** The states and what else passes from step to step. */
  function carriedRows({ node }: Store<Reference>): CarriedRow[] {
    const rows = plan.newStates.map((id, state): CarriedRow => {
      const variable = builder.intern({ kind: 'state', state });
      const same = graph.of(id);
      const next = graph.unlessPadded(same, variable);
      return { variable, next, same, from: stateRows(state, 'before'), to: stateRows(state, 'after') };
    });
    // A padded step repeats an output that is not a state.
    if (masked === 'repeat' && outputState(plan) === undefined) {
      const variable = builder.intern({ kind: 'lastOutput', width: outputWidth });
      rows.push({ variable, next: node, from: lastOutput('before'), to: lastOutput('after') });
    }
    return rows;
  }

  const stored = output();
  const rows = carriedRows(stored);
  const carried = carry?.(builder, rows, products.length);
  if (carried === null) return null;
  const of = (id: NodeId): NodeId => carried?.of(id) ?? id;

  const isBefore = (index: number): boolean => isInputProjection(products[index]);
  function resultOf(index: number): Reference {
    const { columns: width } = products[index];
    const name = productName(index);
    return isBefore(index) && !inSteps
      ? buffers.rows({ name, rows: 'steps', width, life: 'scratch' })
      : buffers.scratch(name, width);
  }
  /** The product of each result, and the result's place. */
  const results = new Map<NodeId, { readonly index: number; readonly slot: Reference }>();
  products.forEach((product, index) => {
    let column = 0;
    for (const id of product.results) {
      // The product itself, also where its result is a state, which is read from elsewhere.
      const node = builder.intern(withOperands(builder.nodes[graph.of(id)], of));
      const width = builder.widths[node];
      results.set(node, { index, slot: columnsOf(resultOf(index), column, width) });
      column += width;
    }
  });

  const source: StepSource = {
    plan,
    buffers,
    builder,
    carried,
    leaf(id) {
      const node = builder.nodes[id];
      if (node.kind === 'state') return stateRows(node.state, 'before');
      if (node.kind === 'lastOutput') return lastOutput('before');
      const result = results.get(id);
      return result && isBefore(result.index) ? result.slot : given.find(node);
    },
    product: (id) => results.get(id),
    workOf(index, placeOf) {
      const node = builder.nodes[graph.of(products[index].results[0])];
      if (node.kind !== 'product') throw new Error('the result of a product is not a product');
      return {
        kind: 'rows',
        left: placeOf(of(node.operand)),
        weights: given.weights(index),
        transposed: false,
        result: resultOf(index),
        accumulate: false,
      };
    },
    value(index, width) {
      const id = saved?.[index];
      return id !== undefined
        ? buffers.rows(savedValue(index, plan.widths[id]))
        : buffers.scratch(`value ${index}`, width);
    },
  };

  /** The values that are saved, and those that products of a step read. */
  function keptValues(): NodeId[] {
    const { operandValues } = plan;
    const kept = (id: NodeId) =>
      of(operandValues.includes(id) ? graph.zeroIfPadded(graph.of(id)) : graph.of(id));
    return saved?.map(kept) ?? operandValues.map(kept).filter((id) => builder.nodes[id].kind === 'operation');
  }

  const { steps, placeOf } = formStages(source, rows, [stored], keptValues());
  const projections = [...products.keys()].filter(isBefore).map((index) => source.workOf(index, placeOf));
  const ofInput = [
    ...given.copyOfInput(),
    ...(projections.length > 0 ? [{ products: projections, width: 1, program: NOTHING }] : []),
  ];
  return {
    name: `${plan.cell.name} forward`,
    direction: 1,
    byRows,
    buffers: buffers.list,
    carried: passed,
    before: inSteps ? [] : [...ofInput, ...(carry ? steps : [])],
    body: carry ? [] : [...(inSteps ? ofInput : []), ...(steps as LoopStage<StepProduct>[])],
    after: [],
  };
}

/** A program that does nothing. */
export const NOTHING = { loads: [], constants: [], operations: [], stores: [] } as const;
