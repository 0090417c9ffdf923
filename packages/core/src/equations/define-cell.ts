import { checkDeclarations, checkDefinition, checkName, isPlainObject } from './check-definition.js';
import { Expression } from './expression.js';
import {
  type Cell,
  type CellDefinition,
  makeCell,
  type ParameterDeclarations,
  type ParameterHandles,
  type Results,
} from './make-cell.js';

/**
 * Creates a cell from its equations. Everything else (reference, gradient, kernels, documentation) is derived from them.
 *
 * @throws TypeError with the cell and the mistake: a part of the definition that is missing, unknown or of the wrong kind,
 *   no state, a reserved or repeated name. Parameters that depend on the sizes are checked at their first use.
 */
export function defineCell<const State extends string, P extends ParameterDeclarations>(
  definition: CellDefinition<State, P>,
): Cell {
  checkDefinition(definition);
  const { name, parameters, equations } = definition;
  const checked = (made: P): P => {
    checkDeclarations(name, made);
    return made;
  };
  const cell = makeCell({
    ...definition,
    parameters:
      typeof parameters === 'function' ? (sizes) => checked(parameters(sizes)) : checked(parameters),
    equations: (rows, handles, sizes) => {
      const results = equations(rows, refuseUnknownNames(name, handles), sizes);
      checkResults(name, cell.states, results);
      return results;
    },
  });
  return {
    ...cell,
    stateWidths: (sizes) => {
      const widths = cell.stateWidths(sizes);
      const wrong = widths.findIndex((width) => !(Number.isInteger(width) && width >= 1));
      if (wrong < 0) return widths;
      throw new TypeError(
        `Cell '${name}': the width of state '${cell.states[wrong]}' must be a positive whole number, but is ${widths[wrong]}.`,
      );
    },
  };
}

/** The same handles, but an unknown parameter or block is an error. */
function refuseUnknownNames<P extends ParameterDeclarations>(
  cell: string,
  handles: ParameterHandles<P>,
): ParameterHandles<P> {
  const ofParameters = Object.entries<object>(handles).map(([parameter, blocks]) => [
    parameter,
    refuseUnknown(blocks, `Cell '${cell}': '${parameter}' has no block`),
  ]);
  return refuseUnknown(Object.fromEntries(ofParameters), `Cell '${cell}' declares no parameter`);
}

/** The same object, but an unknown name is an error that lists the known ones. */
function refuseUnknown<T extends object>(known: T, complaint: string): T {
  return new Proxy(known, {
    get: (target, name) => {
      if (typeof name === 'symbol' || Object.hasOwn(target, name)) return Reflect.get(target, name);
      throw new TypeError(`${complaint} '${name}'. Declared: ${Object.keys(target).join(', ')}.`);
    },
  });
}

function checkResults<State extends string>(
  cell: string,
  states: readonly string[],
  results: Results<State>,
): void {
  if (!isPlainObject(results)) {
    throw new TypeError(`Cell '${cell}': the equations must return an object, { ${states.join(', ')} }.`);
  }
  for (const state of states) {
    if (Object.hasOwn(results, state) && results[state] !== undefined) continue;
    const given = Object.keys(results).join(', ') || 'nothing';
    throw new TypeError(`Cell '${cell}': the equations must return a new '${state}', but returned ${given}.`);
  }
  for (const [name, value] of Object.entries(results)) {
    if (value === undefined) continue;
    checkName(`Cell '${cell}', equation`, name);
    if (!(value instanceof Expression)) {
      throw new TypeError(
        `Cell '${cell}', equation '${name}': expected an expression, but got ${typeof value}.`,
      );
    }
  }
}
