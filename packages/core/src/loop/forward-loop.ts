import type { NodeId } from '../equations/operations.js';
import { isInputProjection } from '../graph/products.js';
import { outputState, type Plan } from '../plan/plan.js';
import { type Store, schedule } from '../plan/schedule.js';
import { Buffers, GivenBuffers, givenBuffer, type LoopOptions, MaskedGraph, resultBuffer } from './build.js';
import type { Carried, Loop, LoopProduct, Reference } from './loop.js';
import { savedState, savedValue } from './saved.js';

/** The forward pass of a plan over a sequence; with `keep` it saves what the gradient needs. */
export function forwardLoop(plan: Plan, options: LoopOptions, keep: boolean): Loop {
  const { units, products } = plan;
  const { masked } = options;
  const buffers = new Buffers();
  const given = new GivenBuffers(buffers, plan, options);
  const graph = new MaskedGraph(plan, masked !== 'no');
  const { builder } = graph;
  const carried: Carried[] = [];

  const scratchRows = (name: string, width: number) =>
    buffers.rows({ name, rows: 'batch', width, life: 'scratch' });
  const value = (index: number): Reference =>
    keep && index < plan.savedValues.length
      ? buffers.rows(savedValue(plan, index))
      : scratchRows(`value ${index}`, units);
  // In the order of the saved layout, whether or not the schedule comes to use them.
  if (keep) for (const index of plan.savedValues.keys()) value(index);
  const states = plan.states.map((_, s) => {
    const buffer = buffers.add(
      keep ? savedState(plan, s) : { ...savedState(plan, s), life: 'scratch' as const },
    );
    const initial = buffers.add(givenBuffer({ kind: 'initialState', index: s }, 'batch', units));
    const final = buffers.add(resultBuffer({ kind: 'finalState', index: s }, 'batch', units));
    carried.push({ buffer, initial, final });
    return (at: 'before' | 'after'): Reference => ({ buffer, at, column: 0, width: units });
  });
  const lastOutput = (at: 'before' | 'after') => {
    const rows = buffers.rows({ name: 'last output', rows: 'states', width: units, life: 'scratch' }, at);
    if (carried.every(({ buffer }) => buffer !== rows.buffer)) carried.push({ buffer: rows.buffer });
    return rows;
  };

  const result = (index: number): Reference => {
    const width = products[index].results.length * units;
    const name = `product ${index}`;
    return isInputProjection(products[index])
      ? buffers.rows({ name, rows: 'steps', width, life: 'scratch' })
      : scratchRows(name, width);
  };
  const productOf = new Map<NodeId, { index: number; slot: Reference }>();
  products.forEach(({ results }, index) => {
    results.forEach((id, block) => {
      const slot = { ...result(index), column: block * units, width: units };
      productOf.set(graph.of(id), { index, slot });
    });
  });
  const projects = (index: number | undefined) => index !== undefined && isInputProjection(products[index]);

  const leaf = (id: NodeId): Reference | null => {
    const node = builder.nodes[id];
    const product = productOf.get(id);
    if (product) return projects(product.index) ? product.slot : null;
    if (node.kind === 'input') return given.input();
    if (node.kind === 'state') return states[node.state]('before');
    if (node.kind === 'vector') return given.vector(node.parameter, node.block);
    if (node.kind === 'recurrentMask') return given.recurrentMask(node.index);
    if (node.kind === 'mask') return given.mask();
    return node.kind === 'lastOutput' ? lastOutput('before') : null;
  };

  const newStates = plan.newStates.map((id, s) =>
    graph.unlessPadded(graph.of(id), builder.intern({ kind: 'state', state: s })),
  );
  const stores: Store<Reference>[] = newStates.map((node, s) => ({ node, slot: states[s]('after') }));
  const sequence = buffers.rows(resultBuffer({ kind: 'output' }, 'sequence', units));
  const repeatedState = outputState(plan);
  if (masked === 'zero') stores.push({ node: graph.zeroIfPadded(graph.of(plan.output)), slot: sequence });
  else if (repeatedState !== undefined) stores.push({ node: newStates[repeatedState], slot: sequence });
  else if (masked === 'no') stores.push({ node: graph.of(plan.output), slot: sequence });
  else {
    const node = graph.unlessPadded(graph.of(plan.output), builder.intern({ kind: 'lastOutput' }));
    stores.push({ node, slot: sequence }, { node, slot: lastOutput('after') });
  }

  const operand = new Set<NodeId>(plan.operandValues);
  const keptNode = (id: NodeId) => (operand.has(id) ? graph.zeroIfPadded(graph.of(id)) : graph.of(id));
  const { stages } = schedule<Reference>({
    nodes: builder.nodes,
    stores,
    leaf,
    product: (id) => (leaf(id) ? null : (productOf.get(id) ?? null)),
    kept: (keep ? plan.savedValues : plan.operandValues).map(keptNode),
    value,
  });
  const rowProduct = (index: number): LoopProduct => {
    const { operand: read } = products[index];
    const left =
      read.kind === 'input'
        ? given.input()
        : read.kind === 'state'
          ? states[read.state]('before')
          : value(read.index);
    const weights = given.weights(index);
    return { kind: 'rows', left, weights, transposed: false, result: result(index), accumulate: false };
  };
  const projections = [...products.keys()].filter(projects).map(rowProduct);
  const body = stages.map(({ products: indices, program }) => ({
    products: indices.map(rowProduct),
    width: units,
    program,
  }));
  const project = { products: projections, width: units, program: NOTHING };
  return {
    name: `${plan.cell.name} forward`,
    direction: 1,
    buffers: buffers.list,
    carried,
    before: [...given.copyOfInput(), ...(projections.length > 0 ? [project] : [])],
    body,
    after: [],
  };
}

export const NOTHING = { loads: [], constants: [], operations: [], stores: [] } as const;
