import { describe, expect, test } from 'vitest';
import { classifierProblem } from '../src/workloads/classifier.js';
import { classifierLosses } from '../src/workloads/classifier-reference.js';
import { layerPlan, layerProblem } from '../src/workloads/layer.js';
import { maxErrorOf, referenceOf } from '../src/workloads/reference.js';
import { formOf, type Shape, type Task } from '../src/workloads/workload.js';

const shape: Shape = [3, 4, 2, 5];
const form = formOf('gru');
const forward: Task = { workload: 'forward', shape, cell: 'gru' };

describe('the error of a result', () => {
  const { expected } = referenceOf(forward, form);
  const exact = Float32Array.from(expected[0]);

  test('is rounding for the reference itself', () => {
    expect(maxErrorOf([exact], expected)).toBeLessThan(1e-7);
  });

  test('is the largest difference', () => {
    const wrong = exact.slice();
    wrong[7] += 0.25;
    wrong[9] -= 0.125;
    expect(maxErrorOf([wrong], expected)).toBeCloseTo(0.25, 6);
  });

  test('is relative for numbers above 1', () => {
    const error = maxErrorOf([Float32Array.of(202, 0.5)], [Float64Array.of(200, 0.5)]);
    expect(error).toBeCloseTo(0.01, 9);
  });

  test('is infinite when a number is missing or NaN', () => {
    const broken = exact.slice();
    broken[0] = Number.NaN;
    expect(maxErrorOf([broken], expected)).toBe(Number.POSITIVE_INFINITY);
    expect(maxErrorOf([], expected)).toBe(Number.POSITIVE_INFINITY);
    expect(maxErrorOf([exact.slice(1)], expected)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the reference of a layer', () => {
  test('gives the gradient of the input and of every weight', () => {
    const { expected, covers } = referenceOf({ ...forward, workload: 'gradient' }, form);
    const { parameters } = layerPlan(form, shape);
    expect(expected.length).toBe(1 + parameters.length);
    expect(expected[0].length).toBe(layerProblem(form, shape).x.length);
    expect(covers).toMatch(/whole batch/);
  });

  test('names the covered part of a large batch', () => {
    const long: Task = { workload: 'gradient', shape: [2, 400, 300, 400], cell: 'simpleRnn' };
    const { expected, covers } = referenceOf(long, formOf('simpleRnn'));
    const rows = Number(covers.match(/of (\d+) of 2 rows/)?.[1]);
    expect(rows).toBe(1);
    // The second row takes no part in the loss.
    expect(expected[0].subarray(400 * 300).every((value) => value === 0)).toBe(true);
    expect(expected[0].subarray(0, 300).some((value) => value !== 0)).toBe(true);
  });
});

describe('the reference of the classifier', () => {
  test('weighs a sequence by its repetitions in the batch', () => {
    const single = classifierProblem(form, [4, 3, 2, 5]);
    const { tokens, labels } = single.checkBatch;
    const repeated = {
      ...single,
      checkBatch: {
        tokens: Int32Array.of(...tokens, ...tokens),
        labels: Float32Array.of(...labels, ...labels),
      },
    };
    const expected = classifierLosses(single, [4, 3, 2, 5]);
    const losses = classifierLosses(repeated, [8, 3, 2, 5]);
    losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(expected[i], 12);
    });
  });

  test('learns the batch', () => {
    const [first, second, third] = classifierLosses(classifierProblem(form, [4, 3, 2, 5]), [4, 3, 2, 5]);
    expect(second).toBeLessThan(first);
    expect(third).toBeLessThan(second);
  });
});
