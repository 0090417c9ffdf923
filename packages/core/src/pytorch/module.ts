import { TYPICAL_SIZES } from '../documentation/explain.js';
import { EquationWriter } from '../documentation/write.js';
import type { Cell } from '../equations/define-cell.js';
import type { NodeId } from '../equations/operations.js';
import type { ParameterShape, Sizes } from '../equations/parameters.js';
import { operandsOf, reachable } from '../graph/graph.js';
import { isInputProjection, type Product } from '../graph/products.js';
import { type Plan, planFor } from '../plan/plan.js';
import { PythonNames, pythonNotation } from './notation.js';

/**
 * A cell as a PyTorch module, printed from its equations: Python source that needs nothing but PyTorch. The parameters have
 * Sluice's names in snake case, and its shapes, so weights go over as they are. In float64 it gives the reference's numbers.
 *
 * The module's call is `module(x, states=None, mask=None, reverse=False, zero_output=False)`: `x` `[batch, timesteps,
 * inputSize]`, each state `[batch, units]`, `mask` `[batch, timesteps]`, true for steps that are not padded. It returns the
 * outputs `[batch, timesteps, units]` and the list of the last states.
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

    Input [batch, timesteps, ${plan.inputSize}]. Returns the outputs [batch, timesteps, ${plan.units}] and
    the last states ${plan.states.map(toComment).join(', ')}, each [batch, ${plan.units}].
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
            states = [x.new_zeros(x.shape[0], self.units) for _ in range(${plan.states.length})]
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

const parameterLines = ({ parameters }: Plan): string[] =>
  parameters.map(
    ({ name, shape, blocks }) =>
      `self.${pythonParameterName(name)} = nn.Parameter(torch.empty(${shape.join(', ')}))  # ${blocks.map(toComment).join(' ')}`,
  );

/** Keras's start values: kernels uniform (Glorot), recurrent kernels orthogonal, biases zero but for a cell's own values. */
function initialLines({ parameters, units }: Plan): string[] {
  const lines = parameters.flatMap((parameter) => {
    const name = `self.${pythonParameterName(parameter.name)}`;
    const blocks = parameter.blocks.flatMap((block, i) => {
      const value = parameter.initial?.[block];
      const target = parameter.form === 'matrix' ? name : `${name}.view(-1)`;
      const columns = `${parameter.form === 'matrix' ? ':, ' : ''}${i * units}:${(i + 1) * units}`;
      return value === undefined ? [] : [`    ${target}[${columns}] = ${value}`];
    });
    return [initialLine(parameter, name), ...(blocks.length > 0 ? ['with torch.no_grad():', ...blocks] : [])];
  });
  return lines.length > 0 ? lines : ['pass'];
}

function initialLine({ form, role }: ParameterShape, name: string): string {
  if (form === 'vector')
    return role === 'bias' ? `nn.init.zeros_(${name})` : `nn.init.uniform_(${name}, -0.5, 0.5)`;
  return role === 'recurrentKernel' ? `nn.init.orthogonal_(${name})` : `nn.init.xavier_uniform_(${name})`;
}

/** The output before the first step: that of the state which is the output, or zeros. */
function lastOutput({ newStates, output }: Plan): string {
  const state = newStates.indexOf(output);
  return state < 0 ? 'x.new_zeros(x.shape[0], self.units)' : `states[${state}]`;
}

/** The method for the products of the whole sequence, and the method for one step. */
function printSteps(plan: Plan): string {
  const names = new PythonNames();
  const notation = pythonNotation(names);
  const used = reachable(plan.nodes, [...plan.newStates, plan.output]);
  const products = nameProducts(plan, names);
  const known = new Map(products.flatMap(({ results }) => results));
  const writer = new EquationWriter(plan, notation, { known, parts: repeated(plan, used) });
  const projections: string[] = [];
  const productLines = products.map(({ product, results, matrix, operand }) => {
    const targets = results.map(([, name]) => name);
    const row = writer.operand(operand);
    const value = isInputProjection(product)
      ? `projections[${projections.push(`x @ ${matrix}`) - 1}]`
      : `${targets.length > 1 ? '(' : ''}${row} @ ${matrix}${targets.length > 1 ? ')' : ''}`;
    return { at: Math.min(...product.results), line: splitLine(targets, value, ', dim=-1') };
  });
  const equationLines = writer
    .equations()
    .filter(({ id }) => used.includes(id))
    .map(({ id, left, right }) => ({ at: id, line: `${left} = ${right}` }));
  const steps = [...productLines, ...equationLines].sort((a, b) => a.at - b.at);
  const previous = plan.states.map((state) => notation.previousState(state));
  const toRow = (id: NodeId): string => {
    const written = writer.operand(id);
    // A number or a parameter alone is the same for all rows of the batch.
    return dependsOnRow(plan, id) ? written : `${written} + torch.zeros_like(${previous[0]})`;
  };
  return `    def project(self, x):
        """The products of the inputs of all steps."""
        return [${projections.join(', ')}]

    def step(self, x, projections, states):
        """One time step: the output and the new states from those before it."""
        [${previous.join(', ')}] = states
${indent(8, [...vectorLines(plan, used, notation.parameter), ...steps.map(({ line }) => line)])}
        return ${toRow(plan.output)}, [${plan.newStates.map(toRow).join(', ')}]
`;
}

/** Assigns neighbouring blocks of a row to their names. */
const splitLine = (targets: readonly string[], value: string, dimension: string): string =>
  targets.length === 1
    ? `${targets[0]} = ${value}`
    : `${targets.join(', ')} = ${value}.split(self.units${dimension})`;

/** The products with their matrix in Python and names for their results: `W_z_x`, `U_z_h`. */
function nameProducts(plan: Plan, names: PythonNames) {
  return plan.products.map((product: Product, index) => {
    const { parameter, firstBlock, operand } = product;
    const { name, symbol, blocks, shape } = plan.parameters[parameter];
    const [from, to] = [firstBlock, firstBlock + product.results.length].map((block) => block * plan.units);
    const columns = from === 0 && to === shape[1] ? '' : `[:, ${from}:${to}]`;
    const multiplied =
      operand.kind === 'input' ? 'x' : operand.kind === 'state' ? plan.states[operand.state] : `${index}`;
    const nameOf = (block: string): string =>
      names.of(`product ${index}`, `${symbol}_${block}_${multiplied}`);
    return {
      product,
      matrix: `self.${pythonParameterName(name)}${columns}`,
      results: product.results.map((id, i) => [id, nameOf(blocks[firstBlock + i])] as const),
      operand: operandsOf(plan.nodes[product.results[0]])[0],
    };
  });
}

/** The blocks of vector parameters that the equations use. */
function vectorLines(
  plan: Plan,
  used: readonly NodeId[],
  nameOf: (symbol: string, block: string) => string,
): string[] {
  return plan.parameters.flatMap(({ form, name, symbol, blocks }, index) => {
    const isUsed = used.some((id) => {
      const node = plan.nodes[id];
      return node.kind === 'vector' && node.parameter === index;
    });
    if (form === 'matrix' || !isUsed) return [];
    const targets = blocks.map((block) => nameOf(symbol, block));
    return [splitLine(targets, `self.${pythonParameterName(name)}.reshape(-1)`, '')];
  });
}

/** The results of operations that several values use: they are computed once. */
function repeated(plan: Plan, used: readonly NodeId[]): Set<NodeId> {
  const users = new Map<NodeId, number>();
  for (const id of used) {
    for (const operand of operandsOf(plan.nodes[id])) users.set(operand, (users.get(operand) ?? 0) + 1);
  }
  return new Set(used.filter((id) => plan.nodes[id].kind === 'operation' && (users.get(id) ?? 0) > 1));
}

/** Whether a value differs between the rows of the batch. */
const dependsOnRow = (plan: Plan, id: NodeId): boolean =>
  reachable(plan.nodes, [id]).some((value) => ['input', 'state'].includes(plan.nodes[value].kind));
