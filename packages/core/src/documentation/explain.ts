import type { Cell } from '../equations/make-cell.js';
import type { Sizes } from '../equations/parameters.js';
import { gradientOf } from '../gradient/step-gradient.js';
import { isInputProjection, type Product } from '../graph/products.js';
import { productName, transposedName } from '../loop/build.js';
import type { Loop, LoopProduct } from '../loop/loop.js';
import { loopOf } from '../loop/loops.js';
import { type Plan, planFor } from '../plan/plan.js';
import { writeDeclarations } from './declarations.js';
import { exactTex, exactText, tex, text } from './notation.js';
import { writeEquations, writeMatrix, writeOperand } from './write.js';

export interface DocumentationOptions {
  /**
   * Whether to print all digits of numbers, and declarations of what the equations do not say, so that `cellFromText` and
   * `cellFromLatex` make the same cell again. Default false.
   */
  readonly declarations?: boolean;
}

/**
 * A cell in words: its equations, parameters, the stages of a step and their costs, forward and backward.
 * @param sizes the sizes for the costs.
 */
export function explain(
  cell: Cell,
  sizes: Sizes = TYPICAL_SIZES,
  { declarations = false }: DocumentationOptions = {},
): string {
  const plan = planFor(cell, sizes);
  const options = { masked: 'no', x: 'steps' } as const;
  const forward = loopOf(plan, 'inference', options);
  const gradient = loopOf(plan, 'gradient', options);
  const title = plan.cell.source ? `${plan.cell.name} (${plan.cell.source})` : plan.cell.name;
  const equations = writeEquations(plan, declarations ? exactText : text);
  return [
    title,
    sizesLine(plan),
    section(
      'Equations',
      equations.map(({ left, right }) => `${left} = ${right}`),
    ),
    ...(declarations ? [section('Declarations', writeDeclarations(plan, equations))] : []),
    section('Parameters', parameterLines(plan)),
    section('Once for the whole sequence', onceLines(plan)),
    section('At every time step', stageLines(plan, forward)),
    section('Backwards, at every time step', stageLines(plan, gradient)),
    section('Kept for the gradient', keptLines(plan)),
    section('Operations for one step of one row', countLines(plan, forward, gradient)),
  ].join('\n\n');
}

const section = (title: string, lines: readonly string[]): string =>
  [title, ...lines.map((line) => `  ${line}`)].join('\n');

/** The sizes; states and an output that are not as long as the state row, with their lengths. */
function sizesLine({ inputSize, units, states, stateWidths, outputWidth }: Plan): string {
  const withLength = (name: string, width: number) => (width === units ? name : `${name} [${width}]`);
  const named = states.map((state, i) => withLength(state, stateWidths[i])).join(', ');
  const output = outputWidth === units ? '' : `, ${withLength('output', outputWidth)}`;
  return `inputSize ${inputSize}, units ${units}, states ${named}${output}`;
}

function parameterLines({ parameters }: Plan): string[] {
  const lines = parameters.map(({ name, shape, blocks, rows, width, groups }) => {
    const diagonal =
      groups > 1 ? `, each block-diagonal: ${groups} groups of ${rows / groups} × ${width / groups}` : '';
    return `${name} [${shape.join(', ')}]: ${blocks.join(' ')}${diagonal}`;
  });
  const count = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return [...lines, `${count} numbers altogether`];
}

/** The matrices of a product, as `[U_z U_r]`. */
const matrixNames = (plan: Plan, { results }: Product): string =>
  `[${results.map((id) => writeMatrix(plan, text, id)).join(' ')}]`;

function productLine(plan: Plan, index: number): string {
  const product = plan.products[index];
  const node = plan.nodes[product.results[0]];
  const operand = node.kind === 'product' ? writeOperand(plan, text, node.operand) : '';
  return `matrix product: ${matrixNames(plan, product)} ${operand}, ${product.rows} × ${product.columns}`;
}

function transposedLine(plan: Plan, index: number): string {
  const product = plan.products[index];
  return `matrix product: cotangents × ${matrixNames(plan, product)}ᵀ, ${product.columns} × ${product.rows}`;
}

function onceLines(plan: Plan): string[] {
  const projections = plan.products.flatMap((product, i) =>
    isInputProjection(product) ? [`forward: ${productLine(plan, i)}`] : [],
  );
  const weights = plan.products.map((product) => {
    const also = isInputProjection(product) ? ' and of x' : '';
    return `gradient: matrix product: the gradient of ${matrixNames(plan, product)}${also}`;
  });
  return [...projections, ...weights];
}

function stageLines(plan: Plan, loop: Loop): string[] {
  const lines = loop.body.flatMap(({ products, program }) => {
    const count = program.operations.length;
    const before = products.map((product) => workLine(plan, loop, product));
    return count === 0 && program.stores.length === 0
      ? before
      : [...before, `pointwise program: ${count} operations`];
  });
  return lines.length > 0 ? lines : ['nothing'];
}

/** A product or an operation on whole rows of a time step. */
function workLine(plan: Plan, { buffers, direction }: Loop, product: LoopProduct): string {
  if (product.kind === 'row') {
    return `row operation: ${product.name}, ${product.operand.width} to ${product.result.width} numbers`;
  }
  const [nameOf, lineOf] = direction === 1 ? [productName, productLine] : [transposedName, transposedLine];
  const { name } = buffers[product.result.buffer];
  return lineOf(
    plan,
    plan.products.findIndex((_, index) => nameOf(index) === name),
  );
}

function keptLines(plan: Plan): string[] {
  const { savedValues } = gradientOf(plan);
  const numbers = [...savedValues.map((id) => plan.widths[id]), ...plan.stateWidths];
  const total = numbers.reduce((sum, width) => sum + width, 0);
  return [
    `${numbers.length} rows, ${total} numbers, for each step and batch row, ${plan.states.length} of them states`,
  ];
}

function countLines(plan: Plan, forward: Loop, gradient: Loop): string[] {
  const count = ({ body }: Loop) =>
    body.reduce((sum, { program, width }) => sum + program.operations.length * width, 0);
  const products = plan.products.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  return [
    `forward: ${products} multiply-adds in matrix products, ${count(forward)} pointwise operations`,
    `gradient: ${2 * products} multiply-adds in matrix products, ${count(gradient)} pointwise operations`,
  ];
}

/** The default sizes: unequal, which is the general case. */
export const TYPICAL_SIZES: Sizes = { inputSize: 64, units: 128 };

/**
 * A cell's equations as LaTeX, in an `aligned` environment. `[a, b]` are rows one behind the other; `[2:5]` are numbers 2 to 4 of
 * a row, or rows of a matrix, counted from 0; functions of whole rows have the names of `@sluice/core/equations`, and a lower
 * index says of how many equal parts.
 * @param sizes needed only for cells whose equations depend on them, as SRU's depend on inputSize = units.
 */
export function latex(
  cell: Cell,
  sizes: Sizes = TYPICAL_SIZES,
  { declarations = false }: DocumentationOptions = {},
): string {
  const plan = planFor(cell, sizes);
  const equations = writeEquations(plan, declarations ? exactTex : tex);
  const lines = equations.map(({ left, right }) => `  ${left} &= ${right}`);
  const comments = declarations ? writeDeclarations(plan, equations).map((line) => `% ${line}`) : [];
  return [...comments, '\\begin{aligned}', lines.join(' \\\\\n'), '\\end{aligned}'].join('\n');
}
