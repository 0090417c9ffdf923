import { plainCase } from '../cases.js';
import { commonVariants, type Variant } from '../cells/index.js';
import { expectAgreement, within } from '../compare.js';
import { forwardOn, gradientOn } from '../device.js';
import { expectedForward, expectedGradient, makeProblem } from '../problem.js';
import { cellCase, checkAgainstReference, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };

/** Mask values of steps that are not padded: all but 0. */
const USED = [1, 0.5, 2, -1, 1e-30, 1e30, -0.25];

/**
 * A missing input has its default: padded outputs repeat the previous one, time runs forward, states start at 0, no step is
 * padded.
 */
export async function checkDefaults<Buffer>(
  { backend, tolerances, level }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem({ ...plainCase(variant, SHAPE), mask: 'holes' });
  const { batch, timesteps, x, parameters, mask } = inputs;
  const least = { batch, timesteps, x, parameters };
  for (const given of [least, { ...least, mask }]) {
    const problem = { plan, inputs: given, cotangents };
    const spelledOut = { ...problem, inputs: { ...given, maskedOutput: 'repeat', reverse: false } as const };
    expectAgreement(
      await forwardOn(backend, problem),
      expectedForward(spelledOut),
      within(tolerances.forward),
    );
    if (level === 'inference') continue;
    expectAgreement(
      await gradientOn(backend, problem),
      expectedGradient(spelledOut),
      within(tolerances.gradient),
    );
  }
}

/** A step is padded if its mask is 0 or −0, and only then. */
export async function checkMaskValues<Buffer>(subject: Subject<Buffer>, variant: Variant): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem({ ...plainCase(variant, SHAPE), mask: 'holes' });
  const mask = inputs.mask?.map((used, i) => (used ? USED[i % USED.length] : -0));
  await checkAgainstReference(subject, { plan, inputs: { ...inputs, mask }, cotangents });
}

export const optionalInputsSuite: Suite = {
  name: 'optional-inputs',
  title: 'optional inputs',
  *cases() {
    for (const variant of commonVariants) {
      yield cellCase(variant, 'defaults', checkDefaults);
      yield cellCase(variant, 'numbers in the mask', checkMaskValues);
    }
  },
};
