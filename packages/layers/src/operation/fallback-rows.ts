/** The plan's operations on whole rows as TensorFlow.js operations, on rows `[batch, width]`. */
import type { RowOperationName } from '@sluice/core/backend';
import {
  add,
  cast,
  customGrad,
  div,
  equal,
  type GradSaveFunc,
  max,
  mul,
  reshape,
  sum,
  type Tensor,
  zeros,
} from '@tensorflow/tfjs-core';

/** A row operation; `parts` counts the equal parts of a row, or the copies. */
type RowFunction = (rows: Tensor, parts: number) => Tensor;

const sizes = ({ shape }: Tensor): [batch: number, width: number] => [shape[0] as number, shape[1] as number];

/** `[batch, parts, width / parts]`. */
const inParts: RowFunction = (rows, parts) => {
  const [batch, width] = sizes(rows);
  return reshape(rows, [batch, parts, width / parts]);
};

const repeat: RowFunction = (rows, times) => {
  const [batch, width] = sizes(rows);
  // A sum with zeros repeats, and its gradient is fast on every backend.
  return reshape(add(reshape(rows, [batch, width, 1]), zeros([1, 1, times])), [batch, width * times]);
};

/** The largest number of each part. Equal largest numbers share the cotangent; in TensorFlow.js each gets it whole. */
const maxWithin: RowFunction = (rows, parts) =>
  customGrad((...inputs) => {
    const save = inputs.pop() as unknown as GradSaveFunc;
    const [given] = inputs as Tensor[];
    const value = max(inParts(given, parts), 2);
    save([given, value]);
    return {
      value,
      gradFunc: (cotangent: Tensor, [saved, largest]: Tensor[]) => {
        const size = sizes(saved)[1] / parts;
        const isLargest = cast(equal(saved, repeat(largest, size)), 'float32');
        const share = div(cotangent, sum(inParts(isLargest, parts), 2));
        return mul(repeat(share, size), isLargest);
      },
    };
  })(rows);

/** A function for each row operation. */
export const fallbackRows: Readonly<Record<RowOperationName, RowFunction>> = {
  sumWithin: (rows, parts) => sum(inParts(rows, parts), 2),
  maxWithin,
  sumAcross: (rows, parts) => sum(inParts(rows, parts), 1),
  repeat,
  tile: (rows, times) => {
    const [batch, width] = sizes(rows);
    return reshape(add(reshape(rows, [batch, 1, width]), zeros([1, times, 1])), [batch, width * times]);
  },
};
