import type { RowOperation } from './body.js';
import type { Places } from './places.js';

/** The numbers of a long sum that are added up before the sum is added to others: rounding errors grow with the length of a loop. */
const BLOCK = 128;

/** Writes statements that compute number `unit` of an operation on whole rows, and the expression of its result. */
export function rowOperationValue(
  places: Places,
  { name, parts, operand }: RowOperation,
): { readonly statements: string[]; readonly value: string } {
  const at = (place: string) => places.load(operand, `(${place})`);
  const count = () => places.width(parts);
  const size = () => places.width(operand.width / parts);
  const fold = (first: string, start: number, length: string, combine: string) => ({
    statements: [
      `var result = ${first};`,
      `for (var i = ${start}u; i < ${length}; i++) { result = ${combine}; }`,
    ],
    value: 'result',
  });
  /** The sum of the numbers at `place('i')`, for every i below `length`. */
  const sum = (numbers: number, length: string, place: (i: string) => string) =>
    numbers <= BLOCK
      ? fold('0.0', 0, length, `result + ${at(place('i'))}`)
      : {
          statements: [
            'var result = 0.0;',
            `for (var first = 0u; first < ${length}; first += ${BLOCK}u) {
    var block = 0.0;
    for (var i = first; i < min(first + ${BLOCK}u, ${length}); i++) { block += ${at(place('i'))}; }
    result += block;
  }`,
          ],
          value: 'result',
        };
  switch (name) {
    case 'repeat':
      return { statements: [], value: at(`unit / ${count()}`) };
    case 'tile':
      return { statements: [], value: at(`unit % ${places.width(operand.width)}`) };
    case 'sumWithin':
      return sum(operand.width / parts, size(), (i) => `unit * ${size()} + ${i}`);
    case 'maxWithin':
      return fold(at(`unit * ${size()}`), 1, size(), `larger(result, ${at(`unit * ${size()} + i`)})`);
    case 'sumAcross':
      return sum(parts, count(), (i) => `${i} * ${size()} + unit`);
  }
}
