import { mapCotangents, mapInputs, namedGradient, namedResults } from '../buffers.js';
import { type Case, plainCase } from '../cases.js';
import { commonVariants, type Variant } from '../cells/index.js';
import { expectAgreement, identical, within } from '../compare.js';
import { type Device, type Downloaded, onDevice } from '../device.js';
import { expectedForward, expectedGradient, makeProblem, type Problem } from '../problem.js';
import { cellCase, type Subject, type Suite } from './subject.js';

/** Sizes for stacked layers. */
const SQUARE = { batch: 3, timesteps: 5, inputSize: 6, units: 6 };

const masked = (variant: Variant): Case => ({ ...plainCase(variant, SQUARE), mask: 'holes' });

/** The same problem with other weights of the same lengths. */
function withOtherWeights({ plan, inputs, cotangents }: Problem): Problem {
  const parameters = inputs.parameters.map((values) => values.slice().reverse());
  return { plan, inputs: { ...inputs, parameters }, cotangents };
}

/**
 * New weights in the memory of released ones are read again: a device must drop its prepared form of released weights. Only
 * the weights are released, so that a device with a free list gives the new weights the same memory.
 */
export async function checkNewWeights<Buffer>(
  { backend, tolerances }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem(masked(variant));
  const { plan } = problem;
  await onDevice(backend, async (device) => {
    const others = mapInputs({ ...problem.inputs, parameters: [] }, device.upload);
    const cotangents = mapCotangents(problem.cotangents, device.upload);
    for (const { inputs } of [problem, withOtherWeights(problem), problem]) {
      const expected = { ...problem, inputs };
      const parameters = inputs.parameters.map((values) => backend.upload(values));
      const given = { ...others, parameters };
      const result = device.forward(plan, given, true);
      const gradient = device.gradient(plan, given, result, cotangents);
      const results = await device.download(namedResults(plan, result));
      expectAgreement(results, expectedForward(expected), within(tolerances.forward));
      const gradients = await device.download(namedGradient(plan, gradient));
      expectAgreement(gradients, expectedGradient(expected), within(tolerances.gradient));
      for (const buffer of parameters) backend.release(buffer);
    }
  });
}

/** The same buffer may be several arguments: here one buffer is every argument of its length. */
export async function checkSharedInputs<Buffer>(
  { backend, tolerances }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const oneStep = { ...plainCase(variant, { ...SQUARE, timesteps: 1 }), recurrentDropout: true };
  const problem = makeProblem(oneStep);
  const { plan } = problem;
  const ofLength = new Map<number, Float32Array>();
  const shared = (values: Float32Array): Float32Array => {
    const found = ofLength.get(values.length) ?? values;
    ofLength.set(values.length, found);
    return found;
  };
  const inputs = mapInputs(problem.inputs, shared);
  const cotangents = mapCotangents(problem.cotangents, shared);
  const expected = { plan, inputs, cotangents };
  await onDevice(backend, async (device) => {
    const uploads = new Map([...ofLength.values()].map((values) => [values, device.upload(values)]));
    const uploaded = (values: Float32Array) => uploads.get(values) as Buffer;
    const given = mapInputs(inputs, uploaded);
    const result = device.forward(plan, given, true);
    const gradient = device.gradient(plan, given, result, mapCotangents(cotangents, uploaded));
    const results = await device.download(namedResults(plan, result));
    expectAgreement(results, expectedForward(expected), within(tolerances.forward));
    const gradients = await device.download(namedGradient(plan, gradient));
    expectAgreement(gradients, expectedGradient(expected), within(tolerances.gradient));
  });
}

/**
 * Results can be inputs of further calls: the outputs and states of a layer for the layer above, its gradients for the layer
 * below. The bits are the same as with buffers that were downloaded and uploaded again.
 */
export async function checkResultsAsInputs<Buffer>(
  { backend }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem(masked(variant));
  /** Two layers with the same weights; `pass` converts the buffers between them. */
  const run = (device: Device<Buffer>, pass: (buffer: Buffer) => Promise<Buffer>) =>
    twoLayers(device, problem, async (buffers) => Promise.all(buffers.map(pass)));
  await onDevice(backend, async (device) => {
    const direct = await run(device, async (buffer) => buffer);
    const copied = await run(device, async (buffer) => device.upload(await backend.download(buffer)));
    expectAgreement(direct, copied, identical);
  });
}

async function twoLayers<Buffer>(
  device: Device<Buffer>,
  { plan, inputs, cotangents }: Problem,
  pass: (buffers: readonly Buffer[]) => Promise<Buffer[]>,
): Promise<Downloaded> {
  const lower = mapInputs(inputs, device.upload);
  const below = device.forward(plan, lower, true);
  const [x, ...initialStates] = await pass([below.sequence, ...below.states]);
  const upper = { ...lower, x, initialStates };
  const above = device.forward(plan, upper, true);
  const gradient = device.gradient(plan, upper, above, mapCotangents(cotangents, device.upload));
  const [sequence, ...states] = await pass([gradient.x, ...gradient.initialStates]);
  const last = device.gradient(plan, lower, below, { sequence, states });
  return device.download({ sequence: above.sequence, ...namedGradient(plan, last) });
}

export const reuseSuite: Suite = {
  name: 'reuse',
  title: 'buffers can be used again',
  *cases() {
    for (const variant of commonVariants) {
      yield cellCase(variant, 'new weights in the memory of released ones', checkNewWeights, 'training');
      yield cellCase(variant, 'one buffer as several arguments', checkSharedInputs, 'training');
      yield cellCase(variant, 'results as inputs', checkResultsAsInputs, 'training');
    }
  },
};
