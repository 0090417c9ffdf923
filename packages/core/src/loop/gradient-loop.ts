import type { NodeId } from '../equations/operations.js';
import { isInputProjection } from '../graph/products.js';
import { outputState, type Plan } from '../plan/plan.js';
import { type Store, schedule } from '../plan/schedule.js';
import {
  Buffers,
  copyStage,
  GivenBuffers,
  givenBuffer,
  type LoopOptions,
  MaskedGraph,
  resultBuffer,
  weightColumns,
} from './build.js';
import { NOTHING } from './forward-loop.js';
import type { Carried, Loop, LoopBuffer, LoopProduct, LoopStage, Reference } from './loop.js';
import { savedState, savedValue } from './saved.js';

/**
 * The gradient of a plan over a sequence, from the last processed step to the first. Its steps leave the cotangents of the
 * products' results; the matrix products after them give the gradients of the matrices and of x.
 */
export function gradientLoop(plan: Plan, options: LoopOptions): Loop {
  const { units, inputSize, products } = plan;
  const { masked, copied } = options;
  const { buffers: cotangents, places } = plan.gradient;
  const buffers = new Buffers();
  const given = new GivenBuffers(buffers, plan, options);
  const graph = new MaskedGraph(plan, masked !== 'no');
  const { builder } = graph;
  const carried: Carried[] = [];
  const before: LoopStage[] = [];

  const values = plan.savedValues.map((_, index) => buffers.rows(savedValue(plan, index)));
  const states = plan.states.map((_, s) => buffers.add(savedState(plan, s)));
  const stateRows = (s: number, at: 'before' | 'after'): Reference => ({
    buffer: states[s],
    at,
    column: 0,
    width: units,
  });
  /** Rows that pass from a step to the one before it: read `after` the step, written `before` it. */
  const passedBack = (name: string, more: Omit<Carried, 'buffer'>) => {
    const buffer = buffers.add({ name, rows: 'states', width: units, life: 'scratch' });
    carried.push({ buffer, ...more });
    return (at: 'before' | 'after'): Reference => ({ buffer, at, column: 0, width: units });
  };
  const stateCotangents = plan.states.map((_, s) => {
    return passedBack(`cotangent of state ${s}`, {
      initial: buffers.add(givenBuffer({ kind: 'stateCotangent', index: s }, 'batch', units)),
      final: buffers.add(resultBuffer({ kind: 'initialStateGradient', index: s }, 'batch', units)),
    });
  });
  const repeatedState = outputState(plan);
  const givenCotangent = () => buffers.rows(givenBuffer({ kind: 'outputCotangent' }, 'sequence', units));
  const outputCotangent = once(() => {
    if (masked !== 'repeat' || repeatedState !== undefined) return givenCotangent();
    // The cotangents of padded steps move to the step whose output they repeat.
    const repeated = passedBack('repeated cotangent', {});
    const moved = buffers.rows({ name: 'moved cotangent', rows: 'steps', width: units, life: 'scratch' });
    before.push({
      products: [],
      width: units,
      program: {
        loads: [given.mask(), givenCotangent(), repeated('after')],
        constants: [0],
        operations: [
          { name: 'add', inputs: [1, 2] },
          { name: 'select', inputs: [0, 3, 4] },
        ],
        stores: [
          { value: 4, slot: moved },
          { value: 5, slot: repeated('before') },
        ],
      },
    });
    return moved;
  });

  const cotangent = (buffer: number, block: number, blocks: number): Reference =>
    buffers.rows(
      {
        name: `product cotangent ${buffer}`,
        rows: 'steps',
        width: cotangents[buffer].length * units,
        life: 'scratch',
      },
      'step',
      block * units,
      blocks * units,
    );
  const parameterGradients = plan.parameters.map(({ shape, blocks }, parameter): LoopBuffer => {
    const written = products.flatMap((product) =>
      product.parameter === parameter ? product.results.map((_, i) => product.firstBlock + i) : [],
    );
    const width = shape.reduce((product, size) => product * size, 1);
    const zeroed = written.length !== blocks.length || new Set(written).size !== blocks.length;
    return resultBuffer({ kind: 'parameterGradient', index: parameter }, 'one', width, zeroed);
  });
  const { input, vectors, previousStates } = plan.gradient;
  const projected = products.some(isInputProjection);
  const inputGradient = (): LoopBuffer => {
    const zeroed = input === null && !projected;
    return copied
      ? { name: 'x gradient in order', rows: 'steps', width: inputSize, life: 'scratch', zeroed }
      : resultBuffer({ kind: 'xGradient' }, 'steps', inputSize, zeroed);
  };

  const transposed = (product: number): Reference =>
    buffers.rows({ name: `transposed product ${product}`, rows: 'batch', width: units, life: 'scratch' });
  const savedIndex = new Map(plan.savedValues.map((id, index) => [graph.of(id), index]));
  const newState = new Map(plan.newStates.map((id, s) => [graph.of(id), s]));
  const leaf = (id: NodeId): Reference | null => {
    const saved = savedIndex.get(id);
    if (saved !== undefined) return values[saved];
    const node = builder.nodes[id];
    if (node.kind === 'input') return given.input();
    if (node.kind === 'state') return stateRows(node.state, 'before');
    if (node.kind === 'vector') return given.vector(node.parameter, node.block);
    if (node.kind === 'recurrentMask') return given.recurrentMask(node.index);
    if (node.kind === 'mask') return given.mask();
    if (node.kind === 'outputCotangent') return outputCotangent();
    if (node.kind === 'stateCotangent') return stateCotangents[node.state]('after');
    const state = newState.get(id);
    if (state !== undefined) return stateRows(state, 'after');
    return id === graph.of(plan.output)
      ? buffers.rows(givenBuffer({ kind: 'output' }, 'sequence', units))
      : null;
  };

  const stores: Store<Reference>[] = [
    ...cotangents.flatMap((blocks, buffer) =>
      blocks.map((id, block) => ({
        node: graph.zeroIfPadded(graph.of(id)),
        slot: cotangent(buffer, block, 1),
      })),
    ),
    ...vectors.map(({ node, parameter, block }) => ({
      node: graph.zeroIfPadded(graph.of(node)),
      slot: {
        ...buffers.rows(parameterGradients[parameter], 'step', block * units, units),
        sum: true,
      },
    })),
    ...(input === null
      ? []
      : [{ node: graph.zeroIfPadded(graph.of(input)), slot: buffers.rows(inputGradient()) }]),
    ...previousStates.map((id, s) => {
      const incoming = builder.intern({ kind: 'stateCotangent', state: s });
      const isRepeated = masked === 'repeat' && s === repeatedState;
      // A padded step repeats the state as output, so the output's cotangent is added to that state's.
      const atPadded = isRepeated
        ? builder.apply('add', incoming, builder.intern({ kind: 'outputCotangent' }))
        : incoming;
      return { node: graph.unlessPadded(graph.of(id), atPadded), slot: stateCotangents[s]('before') };
    }),
  ];
  const { stages } = schedule<Reference>({
    nodes: builder.nodes,
    stores,
    leaf,
    product: (id) => {
      const node = builder.nodes[id];
      return node.kind === 'transposedProduct'
        ? { index: node.product, slot: transposed(node.product) }
        : null;
    },
    kept: [],
    value: (index) =>
      buffers.rows({ name: `gradient value ${index}`, rows: 'batch', width: units, life: 'scratch' }),
  });
  const known = new Map<string, Reference>();
  // Products with the same cotangents have the same object, so that a device prepares it once.
  const cotangentOf = products.map(({ results }, index) => {
    const { buffer, firstBlock } = places[index];
    const key = `${buffer} ${firstBlock} ${results.length}`;
    const reference = known.get(key) ?? cotangent(buffer, firstBlock, results.length);
    known.set(key, reference);
    return reference;
  });
  const back = (index: number, result: Reference, accumulate: boolean): LoopProduct => ({
    kind: 'rows',
    left: cotangentOf[index],
    weights: given.weights(index),
    transposed: true,
    result,
    accumulate,
  });
  const after: LoopStage[] = [];
  /** A state before the steps, with zeros at padded steps: a NaN there must not reach the gradients of matrices. */
  const previousState = (s: number): Reference => {
    const rows = stateRows(s, 'before');
    if (masked === 'no') return rows;
    const name = `state ${s} without padding`;
    const isNew = buffers.list.every((buffer) => buffer.name !== name);
    const clean = buffers.rows({ name, rows: 'steps', width: units, life: 'scratch' });
    if (isNew) after.push(given.cleaningStage(rows, clean));
    return clean;
  };
  const deep = products.map(({ operand, parameter }, index): LoopProduct => {
    const left =
      operand.kind === 'input'
        ? given.input()
        : operand.kind === 'state'
          ? previousState(operand.state)
          : values[operand.index];
    const buffer = buffers.add(parameterGradients[parameter]);
    const result = { buffer, ...weightColumns(plan, index) };
    return { kind: 'weights', left, right: cotangentOf[index], result };
  });
  const toInput = [...products.keys()]
    .filter((index) => isInputProjection(products[index]))
    .map((index, i) => back(index, buffers.rows(inputGradient()), i > 0 || input !== null));
  parameterGradients.forEach((buffer) => {
    buffers.add(buffer);
  });
  const distinct = [...known.values()];
  deep.sort((a, b) =>
    a.kind === 'weights' && b.kind === 'weights' ? distinct.indexOf(a.right) - distinct.indexOf(b.right) : 0,
  );
  after.push({ products: [...deep, ...toInput], width: units, program: NOTHING });
  const dx = buffers.rows(inputGradient());
  if (copied) {
    after.push(copyStage(dx, buffers.rows(resultBuffer({ kind: 'xGradient' }, 'sequence', inputSize))));
  }
  return {
    name: `${plan.cell.name} gradient`,
    direction: -1,
    buffers: buffers.list,
    carried,
    before: [...given.copyOfInput(), ...before],
    body: stages.map(({ products: indices, program }) => ({
      products: indices.map((index) => back(index, transposed(index), false)),
      width: units,
      program,
    })),
    after,
  };
}

/** A function that computes its result when it is first called. */
function once<Result>(compute: () => Result): () => Result {
  let known: { readonly result: Result } | undefined;
  return () => {
    known ??= { result: compute() };
    return known.result;
  };
}
