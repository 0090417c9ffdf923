/** The operations of Sluice's equations as nodes of ONNX. */
import { type OperationName, pointwiseProgram } from '@sluice/core/backend';
import { type ActivationSetting, activation } from '@sluice/core/equations';
import { FLOAT, type GraphBuilder } from './graph-builder.js';

/** Operations that are one operator of ONNX. */
const OPERATORS: Readonly<Partial<Record<OperationName, string>>> = {
  identity: 'Identity',
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  neg: 'Neg',
  max: 'Max',
  min: 'Min',
  abs: 'Abs',
  sign: 'Sign',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  softplus: 'Softplus',
  erf: 'Erf',
};

/** Operations that are several operators. */
const COMPOSED: Readonly<
  Partial<Record<OperationName, (graph: GraphBuilder, inputs: readonly string[]) => string>>
> = {
  oneMinus: (graph, [a]) => graph.value('Sub', [graph.arrays.scalar(1), a]),
  greater: (graph, inputs) => toFloat(graph, graph.value('Greater', inputs)),
  greaterEqual: (graph, inputs) => toFloat(graph, graph.value('GreaterOrEqual', inputs)),
  // NaN counts as not 0.
  select: (graph, [condition, a, b]) =>
    graph.value('Where', [graph.value('Equal', [condition, graph.arrays.scalar(0)]), b, a]),
};

const toFloat = (graph: GraphBuilder, value: string): string =>
  graph.value('Cast', [value], { to: { i: FLOAT } });

/** Adds an operation. @returns the name of its result. */
export function addOperation(graph: GraphBuilder, name: OperationName, inputs: readonly string[]): string {
  const operator = OPERATORS[name];
  if (operator) return graph.value(operator, inputs);
  const compose = COMPOSED[name];
  if (!compose) throw new Error(`the operation '${name}' has no operator in ONNX`);
  return compose(graph, inputs);
}

/**
 * Adds an activation by its name, which may be Keras's.
 * @throws RangeError when there is no activation of that name.
 */
export function addActivation(graph: GraphBuilder, setting: string, value: string): string {
  if (setting === 'softmax') return graph.value('Softmax', [value], { axis: { i: -1 } });
  const program = pointwiseProgram(['x'], ({ x }) => [activation(setting as ActivationSetting)(x)]);
  const values = [value, ...program.constants.map((constant) => graph.arrays.scalar(constant))];
  for (const { name, inputs } of program.operations) {
    values.push(
      addOperation(
        graph,
        name,
        inputs.map((input) => values[input]),
      ),
    );
  }
  return values[program.stores[0].value];
}
