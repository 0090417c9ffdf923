import { describe, test } from 'vitest';
import { mapCotangents, mapInputs, namedResults } from '../buffers.js';
import { plainCase } from '../cases.js';
import { type Variant, variants } from '../cells/index.js';
import { expectAgreement, identical } from '../compare.js';
import { onDevice } from '../device.js';
import { makeProblem } from '../problem.js';
import type { Subject, Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 4, inputSize: 5, units: 7 };

/** Neither a forward pass nor a gradient writes to an input, to the forward pass's results or to a cotangent. */
export async function checkInputsAreKept<Buffer>(
  { backend }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem({ ...plainCase(variant, SHAPE), mask: 'holes', recurrentDropout: true });
  const { plan } = problem;
  await onDevice(backend, async (device) => {
    const uploads: Record<string, Buffer> = {};
    const given: Record<string, Float32Array> = {};
    const upload = (values: Float32Array) => {
      const name = `input ${Object.keys(given).length}`;
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

/** A buffer holds what was uploaded, of any length, whatever becomes of the array it came from or was copied to. */
export async function checkCopies<Buffer>({ backend }: Subject<Buffer>): Promise<void> {
  for (const length of [1, 3, 4, 1023, 70_000]) {
    const values = Float32Array.from({ length }, (_, i) => i / 7 - 3);
    values[0] = Number.NaN;
    await onDevice(backend, async (device) => {
      const source = values.slice();
      const buffer = device.upload(source);
      source.fill(5);
      const { copy } = await device.download({ copy: buffer });
      expectAgreement({ copy }, { copy: values }, identical);
      copy.fill(6);
      expectAgreement(await device.download({ copy: buffer }), { copy: values }, identical);
    });
  }
}

export const memorySuite: Suite = (subject) =>
  describe('memory', () => {
    test('upload and download copy', () => checkCopies(subject()));
    for (const variant of variants) {
      test(`${variant.name}: inputs are not written to`, () => checkInputsAreKept(subject(), variant));
    }
  });
