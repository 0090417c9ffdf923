import { type ActivationName, activation } from '../equations/activations.js';

/** What an option may be: a kind of value, or one of a list. */
type Allowed = 'activation' | 'boolean' | 'number' | readonly (string | number)[];

/**
 * Checks a cell's options, which may come from a file. Absent and undefined options are fine.
 * @throws RangeError naming the cell, the option, what was given and what is possible.
 */
export function checkOptions(
  cell: string,
  options: object,
  allowed: Readonly<Record<string, Allowed>>,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const possible = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (possible === undefined) {
      throw new RangeError(
        `${cell} has no option '${name}'. Its options: ${Object.keys(allowed).join(', ')}.`,
      );
    }
    if (possible === 'activation') activation(value as ActivationName);
    else if (typeof possible === 'string' ? typeof value !== possible : !possible.includes(value)) {
      const expected = typeof possible === 'string' ? `a ${possible}` : possible.join(' or ');
      throw new RangeError(`${cell}: ${name} must be ${expected}, but is ${JSON.stringify(value)}.`);
    }
  }
}
