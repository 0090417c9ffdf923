/** A description as source text that can be copied into a test. */
import type { Sizes } from '@sluice/core';
import {
  type Argument,
  type CellDescription,
  type DescribedParameter,
  type Length,
  operandsOf,
  type Row,
} from './description.js';

/** The cell as a definition. It needs the functions of `@sluice/core/equations`. */
export function printCell(description: CellDescription, { inputSize, units }: Sizes): string {
  const { name, states, parameters, useBias, rows, results } = description;
  const needed = neededRows(rows, Object.values(results));
  const lines = rows.flatMap((row, i) =>
    needed.has(i) && row.kind === 'word' ? [`    const r${i} = ${printRow(rows, i)};`] : [],
  );
  const entries = Object.entries(results).map(([result, row]) => `${result}: ${reference(rows, row)}`);
  const handles = parameters.map((parameter) => parameter.name);
  return [
    `// For { inputSize: ${inputSize}, units: ${units} }.`,
    'defineCell({',
    `  name: ${quote(name)},`,
    `  states: { ${states.map((state) => `${state.name}: ${printLength(state.width)}`).join(', ')} },`,
    '  parameters: {',
    ...parameters.map((parameter) => `    ${parameter.name}: ${printParameter(parameter)},`),
    '  },',
    ...(useBias ? [] : ['  useBias: false,']),
    `  equations: ({ x, ${states.map((state) => state.name).join(', ')} }, { ${handles.join(', ')} }) => {`,
    ...lines,
    `    return { ${entries.join(', ')} };`,
    '  },',
    '})',
  ].join('\n');
}

/** The rows on which results depend. */
function neededRows(rows: readonly Row[], results: readonly number[]): Set<number> {
  const needed = new Set<number>();
  const waiting = [...results];
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    if (needed.has(row)) continue;
    needed.add(row);
    waiting.push(...operandsOf(rows[row]));
  }
  return needed;
}

/** A row where another one uses it: its name, or a short expression. */
function reference(rows: readonly Row[], index: number): string {
  const row = rows[index];
  switch (row.kind) {
    case 'input':
      return 'x';
    case 'state':
      return row.state;
    case 'vector':
      return `${row.parameter}.${row.block}`;
    case 'product':
      return `${row.parameter}.${row.block}(${reference(rows, row.row)})`;
    case 'word':
      return `r${index}`;
  }
}

function printRow(rows: readonly Row[], index: number): string {
  const row = rows[index];
  if (row.kind !== 'word') return reference(rows, index);
  const { word, pick } = row;
  const [first, ...others] = row.arguments.map((argument) => printArgument(rows, argument));
  const given = [first, ...others].join(', ');
  if (word.startsWith('.')) return `${first}${word}(${others.join(', ')})`;
  if (word.startsWith('#')) {
    return `new Expression({ kind: 'operation', name: '${word.slice(1)}', inputs: [${given}] })`;
  }
  return `${word}(${given})${pick === undefined ? '' : `[${pick}]`}`;
}

function printArgument(rows: readonly Row[], argument: Argument): string {
  if (typeof argument === 'number') return String(argument);
  if ('row' in argument) return reference(rows, argument.row);
  const settings = Object.entries(argument.settings).map(([name, value]) => `${name}: ${value}`);
  return `{ ${settings.join(', ')} }`;
}

function printParameter({
  role,
  blocks,
  symbol,
  width,
  rows,
  groups,
  storedRows,
}: DescribedParameter): string {
  const settings = [
    `symbol: ${quote(symbol)}`,
    ...(width ? [`width: ${printLength(width)}`] : []),
    ...(rows ? [`rows: ${printLength(rows)}`] : []),
    ...(groups === undefined ? [] : [`groups: ${groups}`]),
    ...(storedRows === undefined ? [] : [`storedRows: ${storedRows}`]),
  ];
  return `{ ...${role}(${blocks.map(quote).join(', ')}), ${settings.join(', ')} }`;
}

function printLength({ size, times, plus }: Length): string {
  if (size === undefined) return String(plus);
  if (times === 1 && plus === 0) return quote(size);
  const many = times === 1 ? size : `${times} * ${size}`;
  return `({ ${size} }) => ${many}${plus === 0 ? '' : ` + ${plus}`}`;
}

const quote = (text: string): string => `'${text}'`;
