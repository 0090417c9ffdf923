import { TYPICAL_SIZES } from '../documentation/explain.js';
import type { Notation } from '../documentation/notation.js';
import { EquationWriter } from '../documentation/write.js';
import type { Cell } from '../equations/make-cell.js';
import type { NodeId } from '../equations/operations.js';
import type { InitialValue, ParameterShape, Sizes } from '../equations/parameters.js';
import { operandsOf, reachable } from '../graph/graph.js';
import { isInputProjection, type Product } from '../graph/products.js';
import { outputState, type Plan, planFor } from '../plan/plan.js';
import { PythonNames, pythonNotation } from './notation.js';

/**
 * A cell as a PyTorch module, printed from its equations: Python source that needs nothing but PyTorch. The parameters have
 * Sluice's names in snake case, and its shapes, so weights go over as they are. In float64 it gives the reference's numbers.
 *
 * The module's call is `module(x, states=None, mask=None, reverse=False, zero_output=False)`: `x` `[batch, timesteps,
 * inputSize]`, each state `[batch, units]` or as long as the cell declares it, `mask` `[batch, timesteps]`, true for steps that
 * are not padded. It returns the outputs `[batch, timesteps, units]`, or as long as the cell's output, and the list of the last
 * states.
 *
 * @param sizes the sizes of the module. Default: inputSize 64, units 128.
 * @throws TypeError when the cell's equations do not fit together.
 */
export function toPyTorch(cell: Cell, sizes: Sizes = TYPICAL_SIZES): string {
  const plan = planFor(cell, sizes);
  const source = plan.cell.source ? ` Source: ${toComment(plan.cell.source)}.` : '';
  return `import torch
from torch import nn


class ${pythonClassName(plan.cell.name)}(nn.Module):
    """The recurrent cell ${toComment(plan.cell.name)}, printed from its equations by Sluice.${source}

    Input [batch, timesteps, ${plan.inputSize}]. Returns the outputs [batch, timesteps, ${plan.outputWidth}] and
    the last states ${describeStates(plan)}.
    """

    input_size = ${plan.inputSize}
    units = ${plan.units}

    def __init__(self):
        super().__init__()
${indent(8, parameterLines(plan))}
        self.reset_parameters()

    def reset_parameters(self):
${indent(8, initialLines(plan))}

    def forward(self, x, states=None, mask=None, reverse=False, zero_output=False):
        if states is None:
            states = ${zeroStates(plan)}
        projections = self.project(x)
        timesteps = range(x.shape[1])
        outputs = {}
        last = ${lastOutput(plan)}
        for t in reversed(timesteps) if reverse else timesteps:
            output, updated = self.step(x[:, t], [p[:, t] for p in projections], states)
            if mask is not None:
                kept = mask[:, t, None].bool()
                updated = [torch.where(kept, new, old) for new, old in zip(updated, states)]
                last = torch.where(kept, output, torch.zeros_like(output) if zero_output else last)
                output = last
            states = updated
            outputs[t] = output
        return torch.stack([outputs[t] for t in timesteps], dim=1), states

${printSteps(plan)}`;
}

/** The class name for a cell: `simpleRnn` → `SimpleRnn`. */
export function pythonClassName(cell: string): string {
  const words = cell.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  return /^[A-Z]/.test(joined) ? joined : `Cell${joined}`;
}

/** The name of a parameter in the module: `recurrentKernel` → `recurrent_kernel`. */
export const pythonParameterName = (name: string): string =>
  name
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replace(/[^A-Za-z0-9_]/g, '_')
    .replace(/^(?=[0-9])/, '_');

/** A text inside a docstring. */
const toComment = (text: string): string =>
  text.replace(/\\/g, '\\\\').replaceAll('"', "'").replace(/\s+/g, ' ');

const indent = (columns: number, lines: readonly string[]): string =>
  lines.map((line) => ' '.repeat(columns) + line).join('\n');

const isUniform = ({ stateWidths, units }: Plan): boolean => stateWidths.every((width) => width === units);

function describeStates(plan: Plan): string {
  const { states, stateWidths, units } = plan;
  if (isUniform(plan)) return `${states.map(toComment).join(', ')}, each [batch, ${units}]`;
  return states.map((state, i) => `${toComment(state)} [batch, ${stateWidths[i]}]`).join(', ');
}

const zeroStates = (plan: Plan): string =>
  isUniform(plan)
    ? `[x.new_zeros(x.shape[0], self.units) for _ in range(${plan.states.length})]`
    : `[x.new_zeros(x.shape[0], width) for width in [${plan.stateWidths.join(', ')}]]`;

const parameterLines = ({ parameters }: Plan): string[] =>
  parameters.map(
    ({ name, shape, blocks }) =>
      `self.${pythonParameterName(name)} = nn.Parameter(torch.empty(${shape.join(', ')}))  # ${blocks.map(toComment).join(' ')}`,
  );

/** Keras's start values: kernels uniform (Glorot), recurrent kernels orthogonal, biases zero but for a cell's own values. */
function initialLines({ parameters }: Plan): string[] {
  const lines = parameters.flatMap((parameter) => {
    const name = `self.${pythonParameterName(parameter.name)}`;
    const blocks = parameter.blocks.flatMap((block, i) => {
      const value = parameter.initial?.[block];
      const target = parameter.form === 'matrix' ? name : `${name}.view(-1)`;
      const columns = `${parameter.form === 'matrix' ? ':, ' : ''}${i * parameter.width}:${(i + 1) * parameter.width}`;
      return value === undefined
        ? []
        : [`    ${target}[${columns}] = ${printInitial(value, parameter.width)}`];
    });
    return [initialLine(parameter, name), ...(blocks.length > 0 ? ['with torch.no_grad():', ...blocks] : [])];
  });
  return lines.length > 0 ? lines : ['pass'];
}

function printInitial(value: InitialValue, width: number): string {
  if (typeof value === 'number') return `${value}`;
  const copies = width / value.length;
  return `torch.tensor([${value.join(', ')}])${copies > 1 ? `.repeat(${copies})` : ''}`;
}

function initialLine({ form, role }: ParameterShape, name: string): string {
  if (form === 'vector')
    return role === 'bias' ? `nn.init.zeros_(${name})` : `nn.init.uniform_(${name}, -0.5, 0.5)`;
  return role === 'recurrentKernel' ? `nn.init.orthogonal_(${name})` : `nn.init.xavier_uniform_(${name})`;
}

/** The output before the first step: that of the state which is the output, or zeros. */
function lastOutput(plan: Plan): string {
  const state = outputState(plan);
  return state === undefined
    ? `x.new_zeros(x.shape[0], ${sizeOf(plan, plan.outputWidth)})`
    : `states[${state}]`;
}

/** The method for the products of the whole sequence, and the method for one step. */
function printSteps(plan: Plan): string {
  const names = new PythonNames();
  const ofRows = dependentOnRows(plan);
  // A number, a parameter or a row of one number becomes a row for each sequence.
  const toRow = (written: string, id: NodeId, width = plan.widths[id]): string => {
    if (ofRows.has(id) && plan.widths[id] === width) return written;
    return `${written} + x.new_zeros(x.shape[0], ${sizeOf(plan, width)})`;
  };
  const isNumber = (id: NodeId): boolean => {
    const node = plan.nodes[id];
    const isCopy = node.kind === 'operation' && node.name === 'identity';
    return node.kind === 'constant' || (isCopy && isNumber(node.inputs[0]));
  };
  const notation = pythonNotation(names, toRow, isNumber);
  const used = reachable(plan.nodes, [...plan.newStates, plan.output]);
  const products = nameProducts(plan, names);
  const known = new Map(products.flatMap(({ results }) => results));
  const writer = new EquationWriter(plan, notation, { known, parts: repeated(plan, used) });
  const projections: string[] = [];
  const productLines = products.map(({ product, results, matrix, operand }) => {
    const targets = results.map(([, name]) => name);
    const left = writer.operand(operand);
    const row = isNumber(operand) ? `(${toRow(left, operand)})` : left;
    const written = `${isInputProjection(product) ? inputOf(plan, product) : row} @ ${matrix}`;
    const value = isInputProjection(product)
      ? `projections[${projections.push(written) - 1}]`
      : targets.length > 1
        ? `(${written})`
        : written;
    const size = sizeOf(plan, product.columns / targets.length);
    return { at: Math.min(...product.results), line: splitLine(targets, value, size, ', dim=-1') };
  });
  const equationLines = writer
    .equations()
    .filter(({ id }) => used.includes(id))
    .map(({ id, left, right }) => ({ at: id, line: `${left} = ${right}` }));
  const steps = [...productLines, ...equationLines].sort((a, b) => a.at - b.at);
  const previous = plan.states.map((state) => notation.previousState(state));
  const results = plan.newStates.map((id, i) => toRow(writer.operand(id), id, plan.stateWidths[i]));
  const output = toRow(writer.operand(plan.output), plan.output, plan.outputWidth);
  return `    def project(self, x):
        """The products of the inputs of all steps."""
        return [${projections.join(', ')}]

    def step(self, x, projections, states):
        """One time step: the output and the new states from those before it."""
        [${previous.join(', ')}] = states
${indent(8, [...vectorLines(plan, used, notation.parameter), ...steps.map(({ line }) => line)])}
        return ${output}, [${results.join(', ')}]
`;
}

const sizeOf = ({ units }: Plan, width: number): string => (width === units ? 'self.units' : `${width}`);

/** Assigns neighbouring parts of a row, of the same size, to their names. */
const splitLine = (targets: readonly string[], value: string, size: string, dimension: string): string =>
  targets.length === 1
    ? `${targets[0]} = ${value}`
    : `${targets.join(', ')} = ${value}.split(${size}${dimension})`;

/** The products with their matrix in Python and names for their results: `W_z_x`, `U_z_h`. */
function nameProducts(plan: Plan, names: PythonNames) {
  return plan.products.map((product: Product, index) => {
    const { parameter, operand, results } = product;
    const { symbol, blocks } = plan.parameters[parameter];
    const multiplied =
      operand.kind === 'input' ? 'x' : operand.kind === 'state' ? plan.states[operand.state] : `${index}`;
    const nameOf = (id: NodeId, i: number): string => {
      const node = plan.nodes[id];
      const block = node.kind === 'product' ? blocks[node.block] : '';
      return names.of(`product ${index} ${i}`, `${symbol}_${block}_${multiplied}`);
    };
    return {
      product,
      matrix: matrixOf(plan, product),
      results: results.map((id, i) => [id, nameOf(id, i)] as const),
      operand: operandsOf(plan.nodes[results[0]])[0],
    };
  });
}

/** The input or a part of it, also where an equation has another name for it. */
function inputOf({ inputSize }: Plan, { operand: { start, width } }: Product): string {
  return width === inputSize ? 'x' : `x[..., ${start}:${start + width}]`;
}

/** The part of a parameter that a product multiplies. */
function matrixOf(
  { parameters }: Plan,
  { parameter, firstRow, rows, firstColumn, columns }: Product,
): string {
  const { name, shape } = parameters[parameter];
  const matrix = `self.${pythonParameterName(name)}`;
  const range = (start: number, count: number, all: number) =>
    count === all ? ':' : `${start}:${start + count}`;
  const ranges = [range(firstRow, rows, shape[0]), range(firstColumn, columns, shape[1])];
  return ranges.every((part) => part === ':') ? matrix : `${matrix}[${ranges.join(', ')}]`;
}

/** The blocks of vector parameters that the equations use. */
function vectorLines(plan: Plan, used: readonly NodeId[], nameOf: Notation['parameter']): string[] {
  return plan.parameters.flatMap(({ form, name, symbol, blocks, width }, index) => {
    const isUsed = used.some((id) => {
      const node = plan.nodes[id];
      return node.kind === 'vector' && node.parameter === index;
    });
    if (form === 'matrix' || !isUsed) return [];
    const targets = blocks.map((block) => nameOf(symbol, block, index));
    return [splitLine(targets, `self.${pythonParameterName(name)}.reshape(-1)`, sizeOf(plan, width), '')];
  });
}

/** The results of operations that several values use: they are computed once. */
function repeated(plan: Plan, used: readonly NodeId[]): Set<NodeId> {
  const users = new Map<NodeId, number>();
  for (const id of used) {
    for (const operand of operandsOf(plan.nodes[id])) users.set(operand, (users.get(operand) ?? 0) + 1);
  }
  const isComputed = (id: NodeId) => ['operation', 'rowOperation', 'concat'].includes(plan.nodes[id].kind);
  return new Set(used.filter((id) => isComputed(id) && (users.get(id) ?? 0) > 1));
}

/** The values that differ between the rows of the batch. */
function dependentOnRows({ nodes }: Plan): Set<NodeId> {
  const dependent = new Set<NodeId>();
  for (const [id, node] of nodes.entries()) {
    const isRow = node.kind === 'input' || node.kind === 'state';
    if (isRow || operandsOf(node).some((operand) => dependent.has(operand))) dependent.add(id);
  }
  return dependent;
}
