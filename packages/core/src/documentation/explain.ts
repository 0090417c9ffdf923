import type { Cell } from '../equations/define-cell.js';
import type { Sizes } from '../equations/parameters.js';
import { isInputProjection } from '../graph/products.js';
import { type Plan, planFor } from '../plan/plan.js';
import type { Schedule } from '../plan/program.js';
import { tex, text } from './notation.js';
import { writeEquations, writeOperand } from './write.js';

/**
 * A cell in words: its equations, parameters, the stages of a step and their costs, forward and backward.
 * @param sizes the sizes for the costs.
 */
export function explain(cell: Cell, sizes: Sizes = TYPICAL_SIZES): string {
  const plan = planFor(cell, sizes);
  const title = plan.cell.source ? `${plan.cell.name} (${plan.cell.source})` : plan.cell.name;
  return [
    title,
    `inputSize ${plan.inputSize}, units ${plan.units}, states ${plan.states.join(', ')}`,
    section(
      'Equations',
      writeEquations(plan, text).map(({ left, right }) => `${left} = ${right}`),
    ),
    section('Parameters', parameterLines(plan)),
    section('Once for the whole sequence', onceLines(plan)),
    section('At every time step', stageLines(plan, plan.inference)),
    section('Backwards, at every time step', stageLines(plan, plan.gradient.schedule)),
    section('Kept for the gradient', keptLines(plan)),
    section('Operations for one step of one row', countLines(plan)),
  ].join('\n\n');
}

const section = (title: string, lines: readonly string[]): string =>
  [title, ...lines.map((line) => `  ${line}`)].join('\n');

function parameterLines({ parameters }: Plan): string[] {
  const lines = parameters.map(
    ({ name, shape, blocks }) => `${name} [${shape.join(', ')}]: ${blocks.join(' ')}`,
  );
  const count = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return [...lines, `${count} numbers altogether`];
}

/** The blocks a product multiplies with, as `[U_z U_r]`. */
function blockNames(plan: Plan, index: number): string {
  const { parameter, firstBlock, results } = plan.products[index];
  const { symbol, blocks } = plan.parameters[parameter];
  const names = blocks.slice(firstBlock, firstBlock + results.length);
  return `[${names.map((block) => text.parameter(symbol, block)).join(' ')}]`;
}

function productLine(plan: Plan, index: number): string {
  const { parameter, results } = plan.products[index];
  const node = plan.nodes[results[0]];
  const operand = node.kind === 'product' ? writeOperand(plan, text, node.operand) : '';
  const rows = plan.parameters[parameter].shape[0];
  return `matrix product: ${blockNames(plan, index)} ${operand}, ${rows} × ${results.length * plan.units}`;
}

function transposedLine(plan: Plan, index: number): string {
  const { parameter, results } = plan.products[index];
  const rows = plan.parameters[parameter].shape[0];
  return `matrix product: cotangents × ${blockNames(plan, index)}ᵀ, ${results.length * plan.units} × ${rows}`;
}

function onceLines(plan: Plan): string[] {
  const projections = plan.products.flatMap((product, i) =>
    isInputProjection(product) ? [`forward: ${productLine(plan, i)}`] : [],
  );
  const weights = plan.products.map((product, i) => {
    const also = isInputProjection(product) ? ' and of x' : '';
    return `gradient: matrix product: the gradient of ${blockNames(plan, i)}${also}`;
  });
  return [...projections, ...weights];
}

function stageLines(plan: Plan, { stages }: Schedule): string[] {
  const isGradient = stages === plan.gradient.schedule.stages;
  const lines = stages.flatMap(({ products, program }) => {
    const count = program.operations.length;
    const matrix = products.map((index) => (isGradient ? transposedLine : productLine)(plan, index));
    return count === 0 && program.stores.length === 0
      ? matrix
      : [...matrix, `pointwise program: ${count} operations`];
  });
  return lines.length > 0 ? lines : ['nothing'];
}

function keptLines(plan: Plan): string[] {
  const rows = plan.training.values + plan.states.length;
  return [`${rows} rows of ${plan.units} for each step and batch row, ${plan.states.length} of them states`];
}

function countLines(plan: Plan): string[] {
  const count = ({ stages }: Schedule) =>
    stages.reduce((sum, { program }) => sum + program.operations.length, 0) * plan.units;
  const products = plan.products.reduce(
    (sum, { parameter, results }) => sum + plan.parameters[parameter].shape[0] * results.length * plan.units,
    0,
  );
  return [
    `forward: ${products} multiply-adds in matrix products, ${count(plan.inference)} pointwise operations`,
    `gradient: ${2 * products} multiply-adds in matrix products, ${count(plan.gradient.schedule)} pointwise operations`,
  ];
}

/** The default sizes: unequal, which is the general case. */
export const TYPICAL_SIZES: Sizes = { inputSize: 64, units: 128 };

/**
 * A cell's equations as LaTeX, in an `aligned` environment.
 * @param sizes needed only for cells whose equations depend on them, as SRU's depend on inputSize = units.
 */
export function latex(cell: Cell, sizes: Sizes = TYPICAL_SIZES): string {
  const lines = writeEquations(planFor(cell, sizes), tex).map(({ left, right }) => `  ${left} &= ${right}`);
  return ['\\begin{aligned}', lines.join(' \\\\\n'), '\\end{aligned}'].join('\n');
}
