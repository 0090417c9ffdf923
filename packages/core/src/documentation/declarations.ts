import type { ParameterShape } from '../equations/parameters.js';
import type { Plan } from '../plan/plan.js';
import type { Equation } from './write.js';

/**
 * What the equations of a plan do not say, in lines that `cellFromText` and `cellFromLatex` read: names, sizes, the order of
 * states, and the storage of parameters.
 * @param equations as they are printed.
 */
export function writeDeclarations(plan: Plan, equations: readonly Equation[]): string[] {
  const { cell, inputSize, units, states, stateWidths, names, parameters } = plan;
  const widths = states.flatMap((state, i) =>
    stateWidths[i] === units ? [] : [`${quote(state)} = ${stateWidths[i]}`],
  );
  const parts = equations.filter(({ name }) => !Object.hasOwn(names, name)).map(({ name }) => name);
  return [
    `name: ${quoteLine(cell.name)}`,
    ...(cell.source === undefined ? [] : [`source: ${quoteLine(cell.source)}`]),
    `sizes: inputSize ${inputSize}, units ${units}`,
    `states: ${states.map(quote).join(', ')}`,
    ...(Object.hasOwn(names, 'output') ? [] : [`output: ${quote(states[0])}`]),
    ...(widths.length > 0 ? [`widths: ${widths.join(', ')}`] : []),
    ...(parts.length > 0 ? [`parts: ${parts.map(quote).join(', ')}`] : []),
    ...parameters.map(parameterLine),
  ];
}

function parameterLine({
  name,
  form,
  role,
  symbol,
  blocks,
  rows,
  width,
  groups,
  shape,
  initial,
}: ParameterShape): string {
  const values = Object.entries(initial ?? {}).flatMap(([block, value]) =>
    value === undefined ? [] : [`initial ${quote(block)} ${[value].flat().join(' ')}`],
  );
  const items = [
    `symbol ${quote(symbol)}`,
    `role ${role}`,
    `blocks ${blocks.map(quote).join(' ')}`,
    ...(form === 'matrix' ? [`rows ${rows}`] : []),
    `width ${width}`,
    ...(groups > 1 ? [`groups ${groups}`] : []),
    ...(form === 'vector' && shape.length === 2 ? [`storedRows ${shape[0]}`] : []),
    ...values,
  ];
  return `parameter ${quote(name)}: ${items.join(', ')}`;
}

/** A name, in quotation marks if it is not made of letters, numbers and primes alone. */
const quote = (name: string): string => (/^[\p{L}\p{M}\p{N}']+$/u.test(name) ? name : JSON.stringify(name));

/** The rest of a line; in quotation marks if it would be read otherwise. */
const quoteLine = (text: string): string =>
  /^[^\s"](?:[^\n\r"]*[^\s"])?$/.test(text) ? text : JSON.stringify(text);
