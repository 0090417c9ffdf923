import type { SequenceInputs } from '@sluice/core/backend';
import { errorOf, expectMessage, expectRangeError } from '../assertions.js';
import { mapCotangents, mapInputs } from '../buffers.js';
import { plainCase } from '../cases.js';
import { catalogueVariants } from '../cells/index.js';
import { type Device, onDevice } from '../device.js';
import { makeProblem, type Problem } from '../problem.js';
import { cellCase, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 4, inputSize: 5, units: 7 };

/** An array that is one number too long, or one too short. */
const longer = (values: Float32Array): Float32Array => new Float32Array(values.length + 1);
const shorter = (values: Float32Array): Float32Array => values.slice(1);

type Inputs = SequenceInputs<Float32Array>;

/** Wrong inputs: what is changed, how, and the word that the message says it with. */
const wrongInputs: readonly [what: string, change: (inputs: Inputs) => Inputs, message: RegExp][] = [
  ['x too long', (inputs) => ({ ...inputs, x: longer(inputs.x) }), /\bx\b/],
  ['x too short', (inputs) => ({ ...inputs, x: shorter(inputs.x) }), /\bx\b/],
  [
    'a parameter too long',
    (inputs) => ({ ...inputs, parameters: inputs.parameters.map((p, i) => (i === 1 ? longer(p) : p)) }),
    /recurrentKernel/,
  ],
  ['a parameter too few', (inputs) => ({ ...inputs, parameters: inputs.parameters.slice(1) }), /parameters/],
  [
    'an initial state too short',
    (inputs) => ({ ...inputs, initialStates: inputs.initialStates?.map((s) => s && shorter(s)) }),
    /initial state h/,
  ],
  [
    'an initial state too few',
    (inputs) => ({ ...inputs, initialStates: inputs.initialStates?.slice(1) }),
    /initial states/,
  ],
  [
    'an initial state too many',
    (inputs) => ({ ...inputs, initialStates: Array(3).fill(new Float32Array(SHAPE.batch * SHAPE.units)) }),
    /initial states/,
  ],
  ['a mask too long', (inputs) => ({ ...inputs, mask: inputs.mask && longer(inputs.mask) }), /mask/],
  [
    'recurrent masks that the plan does not have',
    (inputs) => ({ ...inputs, recurrentMasks: [new Float32Array(SHAPE.batch * SHAPE.units)] }),
    /recurrentMasks/,
  ],
  ['half a batch row', (inputs) => ({ ...inputs, batch: 1.5 }), /batch/],
  ['no step', (inputs) => ({ ...inputs, timesteps: 0 }), /timesteps/],
  ['half a step', (inputs) => ({ ...inputs, timesteps: 1.5 }), /timesteps/],
];

/** A call that must fail before any work is done: with a RangeError that names the cell and what is wrong. */
export function expectRefusal(call: () => unknown, problem: Problem, message: RegExp): void {
  const refusal = errorOf(call);
  expectRangeError(refusal);
  if (!refusal.message.includes(`'${problem.plan.cell.name}'`)) {
    throw new Error(
      `the error should name the cell '${problem.plan.cell.name}', but says: ${refusal.message}`,
    );
  }
  expectMessage(refusal, message);
}

export const errorsSuite: Suite = {
  name: 'errors',
  title: 'errors',
  *cases() {
    const named = catalogueVariants.filter(({ name }) => ['gru', 'lstm', 'simpleRnn'].includes(name));
    for (const variant of named) {
      const problem = makeProblem({ ...plainCase(variant, SHAPE), mask: 'holes' });
      const { plan, inputs, cotangents } = problem;

      for (const [what, change, message] of wrongInputs) {
        yield cellCase(variant, what, ({ backend, level }) =>
          onDevice(backend, async (device) => {
            const wrong = mapInputs(change(inputs), device.upload);
            expectRefusal(() => device.forward(plan, wrong), problem, message);
            if (level === 'inference') return;
            expectRefusal(() => device.forward(plan, wrong, true), problem, message);
            const gradient = gradientWith(device, problem, { inputs: wrong });
            expectRefusal(gradient, problem, message);
          }),
        );
      }

      yield cellCase(
        variant,
        'a cotangent of the sequence too long',
        ({ backend }) =>
          onDevice(backend, async (device) => {
            const sequence = device.upload(longer(cotangents.sequence as Float32Array));
            expectRefusal(gradientWith(device, problem, { cotangents: { sequence } }), problem, /sequence/);
          }),
        'training',
      );

      yield cellCase(
        variant,
        'a cotangent of a state too short',
        ({ backend }) =>
          onDevice(backend, async (device) => {
            const states = cotangents.states?.map((state) => device.upload(shorter(state as Float32Array)));
            expectRefusal(
              gradientWith(device, problem, { cotangents: { states } }),
              problem,
              /cotangent of h/,
            );
          }),
        'training',
      );

      yield cellCase(
        variant,
        'a cotangent of a state too few',
        ({ backend }) =>
          onDevice(backend, async (device) => {
            const states = cotangents.states?.slice(1).map((state) => device.upload(state as Float32Array));
            expectRefusal(
              gradientWith(device, problem, { cotangents: { states } }),
              problem,
              /state cotangents/,
            );
          }),
        'training',
      );

      yield cellCase(
        variant,
        'a gradient without what forward keeps for it',
        ({ backend }) =>
          onDevice(backend, async (device) => {
            const uploaded = mapInputs(inputs, device.upload);
            const result = device.forward(plan, uploaded);
            expectRefusal(() => device.gradient(plan, uploaded, result, {}), problem, /forward/);
          }),
        'training',
      );

      yield cellCase(
        variant,
        'a gradient with what forward kept for fewer steps',
        ({ backend }) =>
          onDevice(backend, async (device) => {
            const shorterProblem = makeProblem({ ...plainCase(variant, { ...SHAPE, timesteps: 2 }) });
            const other = device.forward(plan, mapInputs(shorterProblem.inputs, device.upload), true);
            const uploaded = mapInputs(inputs, device.upload);
            expectRefusal(() => device.gradient(plan, uploaded, other, {}), problem, /forward/);
          }),
        'training',
      );

      yield cellCase(variant, 'x or a parameter missing', ({ backend }) =>
        onDevice(backend, async (device) => {
          const uploaded = mapInputs(inputs, device.upload);
          const missing = undefined as unknown as (typeof uploaded)['x'];
          const parameters = uploaded.parameters.map((parameter, i) => (i === 1 ? missing : parameter));
          expectRefusal(() => device.forward(plan, { ...uploaded, x: missing }), problem, /\bx\b.*missing/);
          expectRefusal(
            () => device.forward(plan, { ...uploaded, parameters }),
            problem,
            /recurrentKernel.*missing/,
          );
        }),
      );
    }
  },
};

/** The gradient of a problem, right but for what is given. */
function gradientWith<Buffer>(
  device: Device<Buffer>,
  { plan, inputs, cotangents }: Problem,
  wrong: Partial<{
    inputs: SequenceInputs<Buffer>;
    cotangents: { sequence?: Buffer; states?: Buffer[] | undefined };
  }>,
): () => unknown {
  const uploaded = mapInputs(inputs, device.upload);
  const result = device.forward(plan, uploaded, true);
  const given = mapCotangents(cotangents, device.upload);
  return () => device.gradient(plan, wrong.inputs ?? uploaded, result, wrong.cotangents ?? given);
}
