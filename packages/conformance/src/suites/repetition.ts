import { expectSame } from '../assertions.js';
import { mapCotangents, mapInputs, namedGradient, namedResults } from '../buffers.js';
import { type Case, plainCase } from '../cases.js';
import type { Variant } from '../cells/index.js';
import { equal, expectAgreement, identical } from '../compare.js';
import { forwardOn, gradientOn, onDevice } from '../device.js';
import { makeProblem } from '../problem.js';
import { cellsInTurn } from '../selection.js';
import { cellCase, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 5, inputSize: 7, units: 9 };
const LARGER = { batch: 4, timesteps: 8, inputSize: 9, units: 13 };

const masked = (variant: Variant): Case => ({
  ...plainCase(variant, SHAPE),
  mask: 'first padded',
  initialStates: 'last',
});

/** The same bits again, also after larger work has used the device's memory. */
export async function checkRepetition<Buffer>(
  { backend, level }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const trains = level === 'training';
  const problem = makeProblem(masked(variant));
  const larger = makeProblem(plainCase(variant, LARGER));
  const run = async () => ({
    ...(await forwardOn(backend, problem)),
    ...(trains ? await gradientOn(backend, problem) : {}),
  });
  const first = await run();
  await (trains ? gradientOn : forwardOn)(backend, larger);
  expectAgreement(await run(), first, identical);
}

/** `saved` exists when requested, has the length `savedLength`, and can be used twice. */
export async function checkSaved<Buffer>({ backend }: Subject<Buffer>, variant: Variant): Promise<void> {
  const problem = makeProblem(masked(variant));
  const { plan } = problem;
  await onDevice(backend, async (device) => {
    const inputs = mapInputs(problem.inputs, device.upload);
    const cotangents = mapCotangents(problem.cotangents, device.upload);
    expectSame(device.forward(plan, inputs).saved, undefined, 'saved of a forward pass without a gradient');
    const result = device.forward(plan, inputs, true);
    const { saved } = await device.download({ saved: result.saved as Buffer });
    expectSame(saved.length, backend.savedLength(plan, SHAPE.batch, SHAPE.timesteps), 'the length of saved');
    const gradients = [];
    for (let i = 0; i < 2; i++) {
      const gradient = device.gradient(plan, inputs, result, cotangents);
      gradients.push(await device.download(namedGradient(plan, gradient)));
    }
    expectAgreement(gradients[1], gradients[0], identical);
  });
}

/** An absent cotangent is zeros. */
export async function checkAbsentCotangents<Buffer>(
  { backend }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem({ ...masked(variant), cotangents: 'last state' });
  const { plan, inputs } = problem;
  const zeros = (length: number) => new Float32Array(length);
  const filled = {
    sequence: zeros(SHAPE.batch * SHAPE.timesteps * plan.outputWidth),
    states: problem.cotangents.states?.map((values, s) => values ?? zeros(SHAPE.batch * plan.stateWidths[s])),
  };
  const absent = await gradientOn(backend, problem);
  expectAgreement(absent, await gradientOn(backend, { plan, inputs, cotangents: filled }), equal);
  const none = await gradientOn(backend, { plan, inputs, cotangents: {} });
  for (const [name, values] of Object.entries(none)) {
    expectAgreement({ [name]: values }, { [name]: zeros(values.length) }, equal);
  }
}

/** Later work does not change the results of earlier work. */
export async function checkResultsLast<Buffer>(
  { backend }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const problem = makeProblem(masked(variant));
  const { plan } = problem;
  await onDevice(backend, async (device) => {
    const inputs = mapInputs(problem.inputs, device.upload);
    const cotangents = mapCotangents(problem.cotangents, device.upload);
    const result = device.forward(plan, inputs, true);
    const gradient = device.gradient(plan, inputs, result, cotangents);
    const buffers = { ...namedResults(plan, result), ...namedGradient(plan, gradient) };
    const before = await device.download(buffers);
    const doubled = mapInputs(problem.inputs, (values) => device.upload(values.map((value) => 2 * value)));
    device.gradient(plan, doubled, device.forward(plan, doubled, true), cotangents);
    expectAgreement(await device.download(buffers), before, identical);
  });
}

export const repetitionSuite: Suite = {
  name: 'repetition',
  title: 'calls are independent',
  *cases(selection) {
    for (const variant of cellsInTurn(selection, 1)) {
      yield cellCase(variant, 'the same inputs give the same bits', checkRepetition);
      yield cellCase(variant, 'saved values can be used twice', checkSaved, 'training');
      yield cellCase(variant, 'absent cotangents are zeros', checkAbsentCotangents, 'training');
      yield cellCase(variant, 'later calls do not change results', checkResultsLast, 'training');
    }
  },
};
