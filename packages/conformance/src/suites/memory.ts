import type { Plan } from '@sluice/core';
import { mapCotangents, mapInputs, namedGradient, namedResults } from '../buffers.js';
import { plainCase } from '../cases.js';
import type { Variant } from '../cells/index.js';
import { expectAgreement, identical } from '../compare.js';
import { Device, onDevice } from '../device.js';
import { makeProblem } from '../problem.js';
import { cellsInTurn } from '../selection.js';
import { cellCase, otherCase, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 4, inputSize: 7, units: 9 };
const ONE_STEP = { ...SHAPE, timesteps: 1 };

/** The names of all inputs and cotangents, in the order in which `mapInputs` and `mapCotangents` convert them. */
const namesOfInputs = ({ parameters, states, recurrentMasks }: Plan): string[] => [
  'input x',
  ...parameters.map(({ name }) => `input ${name}`),
  ...states.map((state) => `initial state ${state}`),
  'mask',
  ...recurrentMasks.map(({ block }) => `recurrent mask of ${block}`),
  'cotangent of the sequence',
  ...states.map((state) => `cotangent of ${state}`),
];

/** Neither a forward pass nor a gradient writes to an input, to the forward pass's results or to a cotangent. */
export async function checkInputsAreKept<Buffer>(
  { backend }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem({ ...plainCase(variant, SHAPE), mask: 'holes', recurrentDropout: true });
  const { plan } = problem;
  await onDevice(backend, async (device) => {
    const names = namesOfInputs(plan);
    const uploads: Record<string, Buffer> = {};
    const given: Record<string, Float32Array> = {};
    const upload = (values: Float32Array) => {
      const name = names[Object.keys(given).length];
      given[name] = values.slice();
      uploads[name] = device.upload(values);
      return uploads[name];
    };
    const inputs = mapInputs(problem.inputs, upload);
    const cotangents = mapCotangents(problem.cotangents, upload);
    device.forward(plan, inputs);
    const result = device.forward(plan, inputs, true);
    expectAgreement(await device.download(uploads), given, identical);
    const results = { ...namedResults(plan, result), saved: result.saved as Buffer };
    const before = await device.download(results);
    device.gradient(plan, inputs, result, cotangents);
    expectAgreement(await device.download(uploads), given, identical);
    expectAgreement(await device.download(results), before, identical);
  });
}

/** Special numbers, which a copy must not change. */
const SPECIAL = [Number.NaN, -0, Infinity, -Infinity, 2 ** -149, 2 ** 127];

/** `values` as a part of a larger array. */
function partOfLarger(values: Float32Array): Float32Array {
  const part = new Float32Array(values.length + 8).subarray(3, 3 + values.length);
  part.set(values);
  return part;
}

/** A buffer has the uploaded numbers, of any length. Later changes of the source and of a downloaded copy do not matter. */
export async function checkCopies<Buffer>({ backend }: Subject<Buffer>): Promise<void> {
  for (const length of [0, 1, 3, 4, 1023, 70_000]) {
    const values = Float32Array.from({ length }, (_, i) => i / 7 - 3);
    values.set(SPECIAL.slice(0, length));
    await onDevice(backend, async (device) => {
      const source = partOfLarger(values);
      const buffer = device.upload(source);
      source.fill(5);
      const { copy } = await device.download({ copy: buffer });
      expectAgreement({ copy }, { copy: values }, identical);
      copy.fill(6);
      expectAgreement(await device.download({ copy: buffer }), { copy: values }, identical);
    });
  }
}

/** A download has the buffer's content at the call, also when the buffer is released and its memory is used again. */
export async function checkDownloadsInFlight<Buffer>({ backend }: Subject<Buffer>): Promise<void> {
  const values = Float32Array.from({ length: 1000 }, (_, i) => i);
  await onDevice(backend, async (device) => {
    const buffer = backend.upload(values);
    const download = backend.download(buffer);
    backend.release(buffer);
    for (let i = 0; i < 3; i++) device.upload(new Float32Array(values.length).fill(7));
    expectAgreement({ copy: await download }, { copy: values }, identical);
  });
}

/**
 * Every result is a separate buffer, also when it equals an input or another result: after one step, and when every step is
 * padded, so that the states are the initial ones. Releasing one does not change the others.
 */
export async function checkOwnBuffers<Buffer>({ backend }: Subject<Buffer>, variant: Variant): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem(plainCase(variant, ONE_STEP));
  for (const mask of [undefined, new Float32Array(ONE_STEP.batch)]) {
    const device = new Device(backend);
    const results = new Device(backend);
    try {
      const uploads: Buffer[] = [];
      const upload = (values: Float32Array) => {
        uploads.push(device.upload(values));
        return uploads[uploads.length - 1];
      };
      const given = mapInputs({ ...inputs, mask }, upload);
      const result = results.forward(plan, given, true);
      const gradient = results.gradient(plan, given, result, mapCotangents(cotangents, upload));
      const named = { ...namedResults(plan, result), ...namedGradient(plan, gradient) };
      const buffers = [...uploads, ...Object.values(named)];
      if (new Set(buffers).size < buffers.length) {
        throw new Error('a result is the buffer of an input or of another result');
      }
      const before = await results.download(named);
      device.releaseAll();
      for (const { length } of Object.values(before)) device.upload(new Float32Array(length).fill(7));
      expectAgreement(await results.download(named), before, identical);
    } finally {
      device.releaseAll();
      results.releaseAll();
    }
  }
}

export const memorySuite: Suite = {
  name: 'memory',
  title: 'memory',
  *cases(selection) {
    yield otherCase('upload and download copy', checkCopies);
    yield otherCase('a download of a released buffer has its content', checkDownloadsInFlight);
    for (const variant of cellsInTurn(selection, 2)) {
      yield cellCase(variant, 'inputs are not written to', checkInputsAreKept, 'training');
      yield cellCase(variant, 'results are separate buffers', checkOwnBuffers, 'training');
    }
  },
};
