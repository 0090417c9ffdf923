import { type ActivationSetting, activation } from '../equations/activations.js';
import { isPlainObject } from '../equations/check-definition.js';
import { Expression } from '../equations/expression.js';
import type { Cell } from '../equations/make-cell.js';
import { bias, kernel, type ParameterShape, type Sizes, shapeOf } from '../equations/parameters.js';
import { placedLeaves, replaceLeaves } from '../equations/visit.js';
import { planFor } from '../plan/plan.js';

/** A cell in a composed cell, with its number of units, or a dense layer, which has no state. */
export type ComposedPart = (
  | { readonly cell: Cell }
  | {
      /** The activation of a dense layer; `linear` for none. */
      readonly dense: ActivationSetting;
      /** Default true. */
      readonly useBias?: boolean;
    }
) & {
  /** The part's name, before a dot in the names of its states and parameters. Default: its kind and its place. */
  readonly name?: string;
  /** The part's units. Default: the units of the composed cell. */
  readonly units?: number;
};

/**
 * One cell made of several, one behind the other: the output of each part is the input of the next, at the same time step.
 *
 * Its states and parameters are those of all parts, named `part.h`, `part.kernel`; its output is that of the last part. So a
 * whole network runs as one time loop.
 *
 * @throws TypeError when a part is no cell and no dense layer, or a name is repeated.
 */
export function compose({
  name,
  parts,
}: {
  readonly name: string;
  readonly parts: readonly ComposedPart[];
}): Cell {
  const named = checkParts(name, parts);
  const listed = named.map(
    (part): Part => ({
      ...part,
      ...('cell' in part ? ofCell(part.cell) : ofDense(part.dense, part.useBias)),
    }),
  );
  /** Each part with its sizes: its input is the output of the part before it. */
  const sized = ({ inputSize, units }: Sizes) => {
    let width = inputSize;
    return listed.map((part) => {
      const sizes = { inputSize: width, units: part.units ?? units };
      width = part.outputWidth(sizes);
      return { ...part, sizes };
    });
  };
  const states = listed.flatMap((part) => part.states.map((state) => `${part.name}.${state}`));
  if (states.length === 0) throw new TypeError(`compose: '${name}' has no part with a state; add a cell.`);
  return {
    name,
    source: undefined,
    options: {},
    states,
    stateWidths: (sizes) => sized(sizes).flatMap((part) => part.stateWidths(part.sizes)),
    parameters: (sizes) =>
      sized(sizes).flatMap((part) =>
        part.parameters(part.sizes).map((shape) => ({ ...shape, name: `${part.name}.${shape.name}` })),
      ),
    results: (sizes) => {
      const results: Record<string, Expression> = {};
      let x = new Expression({ kind: 'input' });
      for (const part of sized(sizes)) {
        const input = x;
        const known = new Map<Expression, Expression>();
        const rename = placedLeaves({
          input,
          state: (state) => new Expression({ kind: 'state', state: `${part.name}.${state}` }),
          parameter: (name) => `${part.name}.${name}`,
        });
        const ofPart = Object.entries(part.results(part.sizes)).map(
          ([key, row]) => [key, replaceLeaves(row, rename, known)] as const,
        );
        for (const [key, row] of ofPart) if (key !== 'output') results[`${part.name}.${key}`] = row;
        x = Object.fromEntries(ofPart).output ?? results[`${part.name}.${part.states[0]}`];
      }
      return { ...results, output: x };
    },
  };
}

type Part = Pick<Cell, 'states' | 'stateWidths' | 'parameters' | 'results'> & {
  readonly name: string;
  readonly units?: number | undefined;
  outputWidth(sizes: Sizes): number;
};

const ofCell = (cell: Cell) => ({
  states: cell.states,
  stateWidths: cell.stateWidths,
  parameters: cell.parameters,
  results: cell.results,
  outputWidth: (sizes: Sizes) => planFor(cell, sizes).outputWidth,
});

function ofDense(setting: ActivationSetting, useBias = true) {
  const act = activation(setting);
  return {
    states: [],
    stateWidths: () => [],
    parameters: (sizes: Sizes): ParameterShape[] => [
      shapeOf('kernel', kernel('y'), sizes),
      ...(useBias ? [shapeOf('bias', bias('y'), sizes)] : []),
    ],
    results: () => {
      const x = new Expression({ kind: 'input' });
      const product = new Expression({
        kind: 'product',
        block: { parameter: 'kernel', block: 'y' },
        operand: x,
      });
      const vector = new Expression({ kind: 'vector', block: { parameter: 'bias', block: 'y' } });
      return { output: act(useBias ? product.add(vector) : product) };
    },
    outputWidth: ({ units }: Sizes) => units,
  };
}

function checkParts(cell: string, parts: unknown): (ComposedPart & { readonly name: string })[] {
  if (typeof cell !== 'string' || cell === '') {
    throw new TypeError('compose takes { name, parts }; name must be a text that is not empty.');
  }
  if (!Array.isArray(parts) || parts.length === 0) {
    throw new TypeError(
      `compose: the parts of '${cell}' must be a list such as [{ cell: cells.gru(), units: 64 }].`,
    );
  }
  const named = parts.map((part: unknown, i) => {
    const isCell = isPlainObject(part) && typeof (part.cell as Cell | undefined)?.results === 'function';
    if (!isPlainObject(part) || (!isCell && part.dense === undefined)) {
      throw new TypeError(
        `compose: part ${i} of '${cell}' must be { cell: cells.gru(), units: 64 } or { dense: 'sigmoid', units: 1 }.`,
      );
    }
    const { units } = part;
    if (units !== undefined && !(Number.isInteger(units) && (units as number) >= 1)) {
      throw new TypeError(
        `compose: the units of part ${i} of '${cell}' must be a positive whole number, but are ${String(units)}.`,
      );
    }
    const kind = isCell ? (part.cell as Cell).name : 'dense';
    return { ...part, name: (part.name as string | undefined) ?? `${kind}${i + 1}` } as ComposedPart & {
      readonly name: string;
    };
  });
  const repeated = named.find(({ name }, i) => named.findIndex((other) => other.name === name) !== i);
  if (repeated === undefined) return named;
  throw new TypeError(`compose: '${cell}' has two parts named '${repeated.name}'; name them differently.`);
}
