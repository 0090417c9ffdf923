import { type Agreement, expectAgreement, within } from '../compare.js';
import { forwardOn, gradientOn } from '../device.js';
import type { Problem } from '../problem.js';
import { expectedForward, expectedGradient } from '../reference.js';
import { tolerancesFor } from '../tolerances.js';
import type { Subject } from './subject.js';

/** Outputs, final states and gradient of a problem are the reference's. */
export async function checkAgainstReference<Buffer>(
  { backend, tolerances }: Subject<Buffer>,
  problem: Problem,
  agreement: (tolerance: number) => Agreement = within,
): Promise<void> {
  const { forward, gradient } = tolerancesFor(tolerances, problem.inputs.timesteps);
  expectAgreement(await forwardOn(backend, problem), expectedForward(problem), agreement(forward));
  expectAgreement(await gradientOn(backend, problem), expectedGradient(problem), agreement(gradient));
}
