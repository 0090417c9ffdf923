/** Operations of ONNX on truth values and sizes. Source: github.com/onnx/onnx/blob/main/docs/Operators.md */
import { type FoldOperation, integerConstant, required } from './fold-shapes.js';
import { broadcastShape, type Constant, expandTo } from './strided.js';

/** The arrays repeated so that they all have the shape that they have together. */
function together(parts: readonly Constant[], reserve: Parameters<typeof expandTo>[2]): Constant[] {
  const shape = parts.reduce<number[] | undefined>((sum, part) => sum && broadcastShape(sum, part.shape), []);
  if (!shape) throw new Error('the shapes of its inputs do not fit together');
  return parts.map((part) => expandTo(part, shape, reserve));
}

const compare =
  (holds: (a: number, b: number) => boolean): FoldOperation =>
  (call) => {
    const [a, b] = together([required(call, 0), required(call, 1)], call.reserve);
    call.reserve(a.values.length);
    const values = Int32Array.from(a.values, (value, i) => (holds(value, b.values[i]) ? 1 : 0));
    return [{ type: 'bool', shape: a.shape, values }];
  };

const not: FoldOperation = (call) => {
  const a = required(call, 0);
  call.reserve(a.values.length);
  return [{ ...a, type: 'bool', values: Int32Array.from(a.values, (value) => (value === 0 ? 1 : 0)) }];
};

const where: FoldOperation = (call) => {
  const inputs = together(
    [0, 1, 2].map((i) => required(call, i)),
    call.reserve,
  );
  const [condition, a, b] = inputs;
  call.reserve(a.values.length);
  const values = a.values.slice();
  for (let i = 0; i < values.length; i++) if (condition.values[i] === 0) values[i] = b.values[i];
  return [{ ...a, values }];
};

const size: FoldOperation = (call) => [{ ...integerConstant([required(call, 0).values.length]), shape: [] }];

/** The operations by their names in ONNX. */
export const logicOperations: Readonly<Record<string, FoldOperation>> = {
  Equal: compare((a, b) => a === b),
  Greater: compare((a, b) => a > b),
  GreaterOrEqual: compare((a, b) => a >= b),
  Less: compare((a, b) => a < b),
  LessOrEqual: compare((a, b) => a <= b),
  And: compare((a, b) => a !== 0 && b !== 0),
  Or: compare((a, b) => a !== 0 || b !== 0),
  Not: not,
  Where: where,
  Size: size,
};
