/** Sluice's operations on whole rows as nodes of ONNX. Rows are `[batch, width]`. */
import type { RowOperationName } from '@sluice/core/backend';
import type { GraphBuilder } from './graph-builder.js';

type AddRowOperation = (graph: GraphBuilder, row: string, width: number, parts: number) => string;

/** The parts of rows, `[batch, parts, size]`. In a shape, 0 stands for the batch. */
const partsOf: AddRowOperation = (graph, row, width, parts) =>
  graph.value('Reshape', [row, graph.arrays.integers([0, parts, width / parts])]);

const sumOver = (graph: GraphBuilder, value: string, axis: number): string =>
  graph.value('ReduceSum', [value, graph.arrays.integers([axis])], { keepdims: { i: 0 } });

const OPERATORS: Readonly<Record<RowOperationName, AddRowOperation>> = {
  sumWithin: (graph, ...row) => sumOver(graph, partsOf(graph, ...row), 2),
  // ReduceMax has its axes as an attribute in this operator set.
  maxWithin: (graph, ...row) =>
    graph.value('ReduceMax', [partsOf(graph, ...row)], { axes: { ints: [2] }, keepdims: { i: 0 } }),
  sumAcross: (graph, ...row) => sumOver(graph, partsOf(graph, ...row), 1),
  repeat: (graph, row, width, parts) => {
    const single = graph.value('Reshape', [row, graph.arrays.integers([0, width, 1])]);
    const repeated = graph.value('Tile', [single, graph.arrays.integers([1, 1, parts])]);
    return graph.value('Reshape', [repeated, graph.arrays.integers([0, width * parts])]);
  },
  tile: (graph, row, _, parts) => graph.value('Tile', [row, graph.arrays.integers([1, parts])]),
};

/** Adds an operation on rows of `width` numbers. @returns the name of its result. */
export const addRowOperation = (
  graph: GraphBuilder,
  name: RowOperationName,
  row: string,
  width: number,
  parts: number,
): string => OPERATORS[name](graph, row, width, parts);
