import { type LayoutSizes, type StoredArrays, shapeOfStored } from './description.js';
import type { Weights } from './transfer.js';

/**
 * The index of the form that the given arrays fit.
 * @throws RangeError naming what was given and what was expected.
 */
export function selectForm(
  what: string,
  weights: Weights,
  forms: readonly StoredArrays[],
  required: readonly string[],
  sizes: LayoutSizes,
  directions: number,
): number {
  checkSizes(what, sizes);
  checkNames(what, weights, Object.keys(forms[0]), required);
  const shape = (form: StoredArrays, key: string) => shapeOfStored(form[key], sizes, directions);
  const fits = (form: StoredArrays, key: string) =>
    weights[key] === undefined || weights[key].length === shape(form, key).reduce((a, b) => a * b, 1);
  for (const key of Object.keys(forms[0])) {
    if (forms.some((form) => fits(form, key))) continue;
    const shapes = new Set(forms.map((form) => `[${shape(form, key).join(', ')}]`));
    throw new RangeError(
      `${what}: ${key} has ${weights[key]?.length} values, but with inputSize ${sizes.inputSize} and units ${sizes.units} ` +
        `its shape is ${[...shapes].join(' or ')}.`,
    );
  }
  return forms.findIndex((form) => Object.keys(form).every((key) => fits(form, key)));
}

function checkSizes(what: string, sizes: LayoutSizes): void {
  for (const key of ['inputSize', 'units'] as const) {
    if (isCount(sizes[key])) continue;
    throw new RangeError(`${what}: ${key} must be a positive whole number, but is ${sizes[key]}.`);
  }
  if (sizes.projection === undefined || isCount(sizes.projection)) return;
  throw new RangeError(`${what}: projection must be a positive whole number, but is ${sizes.projection}.`);
}

const isCount = (size: number): boolean => Number.isInteger(size) && size > 0;

function checkNames(
  what: string,
  weights: Weights,
  known: readonly string[],
  required: readonly string[],
): void {
  const given = Object.keys(weights).filter((key) => weights[key] !== undefined);
  const missing = required.filter((key) => !given.includes(key));
  const unknown = given.filter((key) => !known.includes(key));
  if (missing.length === 0 && unknown.length === 0) return;
  const optional = known.filter((key) => !required.includes(key));
  throw new RangeError(
    `${what}: got ${given.join(', ') || 'nothing'}; expected ${required.join(', ')}` +
      `${optional.length > 0 ? `, and optionally ${optional.join(', ')}` : ''}.`,
  );
}
