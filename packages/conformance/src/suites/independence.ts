import type { Backend } from '@sluice/core/backend';
import { errorOf, expectRangeError } from '../assertions.js';
import { mapCotangents, mapInputs, namedGradient, namedResults } from '../buffers.js';
import { type Case, plainCase } from '../cases.js';
import { commonVariants, type Variant } from '../cells/index.js';
import { expectAgreement, within } from '../compare.js';
import { Device } from '../device.js';
import { expectedForward, expectedGradient, makeProblem, type Problem } from '../problem.js';
import { cellCase, checkAgainstReference, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };

/** Problems of one plan and shape that differ in everything else. */
const casesOf = (variant: Variant): readonly Case[] => [
  plainCase(variant, SHAPE),
  { ...plainCase(variant, SHAPE), mask: 'holes', maskedOutput: 'zero', reverse: true },
  { ...plainCase(variant, SHAPE), mask: 'right-padded', initialStates: 'last', cotangents: 'sequence' },
];

interface Run<Buffer> {
  readonly backend: Backend<Buffer>;
  readonly problem: Problem;
}

/** First all forward passes, then all gradients, the last one first, then all comparisons. */
async function runInterleaved<Buffer>(
  runs: readonly Run<Buffer>[],
  { tolerances }: Subject<Buffer>,
): Promise<void> {
  const passes = runs.map(({ problem, backend }) => {
    const device = new Device(backend);
    const inputs = mapInputs(problem.inputs, device.upload);
    return { problem, device, inputs, result: device.forward(problem.plan, inputs, true) };
  });
  const done = [...passes].reverse().map((pass) => {
    const { problem, device, inputs, result } = pass;
    const cotangents = mapCotangents(problem.cotangents, device.upload);
    return { ...pass, gradient: device.gradient(problem.plan, inputs, result, cotangents) };
  });
  for (const { problem, device, result, gradient } of done) {
    const results = await device.download(namedResults(problem.plan, result));
    const gradients = await device.download(namedGradient(problem.plan, gradient));
    device.releaseAll();
    expectAgreement(results, expectedForward(problem), within(tolerances.forward));
    expectAgreement(gradients, expectedGradient(problem), within(tolerances.gradient));
  }
}

/** A gradient belongs to the forward pass whose result it is given, not to a later one. */
export async function checkInterleavedCalls<Buffer>(
  subject: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const { backend } = subject;
  const runs = casesOf(variant).map((given) => ({ backend, problem: makeProblem(given) }));
  await runInterleaved(runs, subject);
}

/** Two new instances of a backend share nothing; one goes on when the other is destroyed. */
export async function checkTwoInstances<Buffer>(subject: Subject<Buffer>, variant: Variant): Promise<void> {
  const { withInstance } = subject;
  const [problem, another] = casesOf(variant).map(makeProblem);
  await withInstance(async (backend) => {
    await withInstance((other) =>
      runInterleaved(
        [
          { backend, problem },
          { backend: other, problem: another },
        ],
        subject,
      ),
    );
    await checkAgainstReference({ ...subject, backend }, problem);
  });
}

/** A call that is refused changes nothing for those after it. */
export async function checkAfterRefusal<Buffer>(subject: Subject<Buffer>, variant: Variant): Promise<void> {
  const problem = makeProblem(plainCase(variant, SHAPE));
  const { plan, inputs } = problem;
  const device = new Device(subject.backend);
  const given = mapInputs(inputs, device.upload);
  const result = device.forward(plan, given, true);
  const tooShort = device.upload(new Float32Array(1));
  expectRangeError(errorOf(() => device.forward(plan, { ...given, x: tooShort }, true)));
  expectRangeError(errorOf(() => device.gradient(plan, given, result, { sequence: tooShort })));
  device.releaseAll();
  await checkAgainstReference(subject, problem);
}

export const independenceSuite: Suite = {
  name: 'independence',
  title: 'calls and instances are independent',
  *cases() {
    for (const variant of commonVariants) {
      yield cellCase(variant, 'interleaved calls', checkInterleavedCalls, 'training');
      yield cellCase(variant, 'after a call that is refused', checkAfterRefusal, 'training');
    }
    yield cellCase(commonVariants[0], 'two instances at once', checkTwoInstances, 'training');
  },
};
