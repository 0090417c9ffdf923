import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import '../../src/index.js';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { sharedHeap } from '../../src/tfjs/shared-memory.js';

beforeAll(async () => {
  await tf.setBackend('wasm');
});

type Shape = number[];
const sizeOf = (shape: Shape) => shape.reduce((a, b) => a * b, 1);

/** Numbers of both signs, none like another. */
const wave = (shape: Shape, seed: number) =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7 + seed));

/** The result of a kernel on a backend. */
async function run(
  backend: string,
  kernel: string,
  inputs: Record<string, [Float32Array, Shape]>,
  attrs: object,
) {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const tensors = Object.entries(inputs).map(([name, [values, shape]]) => [name, tf.tensor(values, shape)]);
    const result = tf.engine().runKernel(kernel, Object.fromEntries(tensors), attrs as never) as tf.Tensor;
    return { shape: result.shape, values: [...result.dataSync()] };
  });
}

/** Compares the kernel with that of TensorFlow.js's cpu backend. */
async function compare(kernel: string, inputs: Record<string, [Float32Array, Shape]>, attrs: object) {
  const [wanted, actual] = [
    await run('cpu', kernel, inputs, attrs),
    await run('wasm', kernel, inputs, attrs),
  ];
  expect(actual.shape).toEqual(wanted.shape);
  const scale = Math.max(1, ...wanted.values.map(Math.abs));
  const worst = actual.values.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - wanted.values[i]) / scale),
    0,
  );
  expect(worst).toBeLessThan(5e-6);
}

const paddings: [string, unknown, string?][] = [
  ['valid', 'valid'],
  ['same', 'same'],
  ['a number', 1, 'floor'],
  ['a number, rounded up', 1, 'ceil'],
  [
    'explicit',
    [
      [0, 0],
      [1, 2],
      [0, 3],
      [0, 0],
    ],
    'floor',
  ],
];
const cases = paddings.flatMap(([name, pad, dimRoundingMode]) =>
  [1, 2, [2, 1], [1, 3]].map((strides) => ({ name, pad, dimRoundingMode, strides })),
);

describe('gradients of convolutions are those of TensorFlow.js’s cpu backend', () => {
  const x: Shape = [3, 7, 6, 5];
  const filterShape: Shape = [2, 3, 5, 4];
  const firstLast = (pad: unknown) => (Array.isArray(pad) ? [pad[0], pad[3], pad[1], pad[2]] : pad);

  for (const dataFormat of ['NHWC', 'NCHW'] as const) {
    test.each(cases)(
      `padding $name, strides $strides, ${dataFormat}`,
      async ({ strides, pad, dimRoundingMode }) => {
        const turned = ([n, h, w, c]: Shape) => (dataFormat === 'NHWC' ? [n, h, w, c] : [n, c, h, w]);
        const attrs = {
          strides,
          pad: dataFormat === 'NHWC' ? pad : firstLast(pad),
          dimRoundingMode,
          dataFormat,
        };
        const { outShape } = tf.backend_util.computeConv2DInfo(
          turned(x) as never,
          filterShape as never,
          strides as number,
          1,
          attrs.pad as never,
          dimRoundingMode as never,
          false,
          dataFormat === 'NHWC' ? 'channelsLast' : 'channelsFirst',
        );
        const dy: [Float32Array, Shape] = [wave(outShape, 2), outShape];
        await compare('Conv2DBackpropFilter', { x: [wave(x, 1), turned(x)], dy }, { ...attrs, filterShape });
        await compare(
          'Conv2DBackpropInput',
          { dy, filter: [wave(filterShape, 3), filterShape] },
          { ...attrs, inputShape: turned(x) },
        );
      },
    );
  }

  test.each(cases)(
    'each channel by itself: padding $name, strides $strides',
    async ({ name: _, ...given }) => {
      const shape = [2, 3, 5, 2];
      const attrs = { ...given, dilations: 1 };
      const { strides, pad, dimRoundingMode } = given;
      const { outShape } = tf.backend_util.computeConv2DInfo(
        x as never,
        shape as never,
        strides as number,
        1,
        pad as never,
        dimRoundingMode as never,
        true,
      );
      const dy: [Float32Array, Shape] = [wave(outShape, 2), outShape];
      const kernel = 'DepthwiseConv2dNativeBackprop';
      await compare(`${kernel}Filter`, { x: [wave(x, 1), x], dy }, { ...attrs, filterShape: shape });
      await compare(`${kernel}Input`, { dy, filter: [wave(shape, 3), shape] }, { ...attrs, inputShape: x });
    },
  );

  test('of windows in several parts are those of each image by itself, and keep no memory', () => {
    // 2·90·95 windows of 2·3·16 numbers: 1.6 million, of which a million are gathered at a time.
    const [x, dy, filter] = [
      [2, 91, 97, 16],
      [2, 90, 95, 3],
      [2, 3, 16, 3],
    ].map((shape, i) => tf.tensor4d(wave(shape, i), shape as [number, number, number, number]));
    const attrs = { strides: 1, pad: 'valid', dataFormat: 'NHWC' };
    const gradients = (images: [tf.Tensor4D, tf.Tensor4D]) => {
      const [x, dy] = images;
      const run = (name: string, inputs: tf.NamedTensorMap, more: object) =>
        tf.engine().runKernel(name, inputs, { ...attrs, ...more } as never) as tf.Tensor4D;
      return [
        run('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape }),
        run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape }),
      ];
    };
    tf.tidy(() => {
      const [dFilter, dX] = gradients([x, dy]);
      const parts = [0, 1].map((i) =>
        gradients([x, dy].map((t) => tf.slice(t, i, 1)) as [tf.Tensor4D, tf.Tensor4D]),
      );
      const wanted = [tf.add(parts[0][0], parts[1][0]), tf.concat([parts[0][1], parts[1][1]])];
      for (const [i, actual] of [dFilter, dX].entries()) {
        const largest = tf.max(tf.abs(wanted[i])).dataSync()[0];
        expect(tf.max(tf.abs(tf.sub(actual, wanted[i]))).dataSync()[0] / largest).toBeLessThan(1e-5);
      }
    });
    const heap = sharedHeap(tf.backend() as BackendWasm);
    const held = () => [tf.memory().numTensors, tf.memory().numBytes, heap.memory.buffer.byteLength];
    const before = held();
    for (let i = 0; i < 20; i++) tf.dispose(gradients([x, dy]));
    expect(held()).toEqual(before);
    tf.dispose([x, dy, filter]);
  });
});

describe('the gradient of max pooling', () => {
  afterEach(() => tf.setBackend('wasm'));
  test.each(cases.filter(({ name }) => name !== 'explicit'))(
    'of numbers of both signs: padding $name, strides $strides',
    async ({ strides, pad, dimRoundingMode }) => {
      const shape = [2, 7, 6, 5];
      const attrs = { filterSize: [2, 3], strides, pad, dimRoundingMode };
      const { outShape } = tf.backend_util.computePool2DInfo(
        shape as never,
        [2, 3],
        strides as number,
        1,
        pad as never,
        dimRoundingMode as never,
      );
      const output: [Float32Array, Shape] = [wave(outShape, 4), outShape];
      await compare(
        'MaxPoolGrad',
        { dy: [wave(outShape, 2), outShape], input: [wave(shape, 1), shape], output },
        attrs,
      );
    },
  );
});
