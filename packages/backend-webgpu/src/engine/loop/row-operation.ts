import type { RowOperation } from './body.js';
import type { Places } from './places.js';

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
  switch (name) {
    case 'copy':
      return { statements: [], value: at('unit') };
    case 'repeat':
      return { statements: [], value: at(`unit / ${count()}`) };
    case 'tile':
      return { statements: [], value: at(`unit % ${places.width(operand.width)}`) };
    case 'sumWithin':
      return fold('0.0', 0, size(), `result + ${at(`unit * ${size()} + i`)}`);
    case 'maxWithin':
      return fold(at(`unit * ${size()}`), 1, size(), `larger(result, ${at(`unit * ${size()} + i`)})`);
    case 'sumAcross':
      return fold('0.0', 0, count(), `result + ${at(`i * ${size()} + unit`)}`);
  }
}
