import { mapCotangents, mapInputs, namedGradient, namedResults } from '../buffers.js';
import {
  type Case,
  caseText,
  coveringCases,
  emptyCases,
  largeCases,
  lengthsCases,
  randomCases,
  timeMajorCases,
} from '../cases.js';
import { variants } from '../cells/index.js';
import { expectAgreement, identical, type Named, within } from '../compare.js';
import { type Downloaded, onDevice } from '../device.js';
import { expectedForward, expectedGradient, locationIn, makeProblem } from '../problem.js';
import { currentSeed } from '../random.js';
import { isInTier, selectRandom, selectVariants } from '../selection.js';
import { tolerancesFor } from '../tolerances.js';
import type { Subject, Suite, SuiteCase } from './subject.js';

/** What a difference means between the results of the first forward pass and of the second, which saves values. */
const KEPT =
  'forward(plan, inputs, true) after forward(plan, inputs) gave other bits; a call may have written to an input:';

/**
 * Outputs, final states and, for training, the gradients of `x`, of every parameter and of every initial state are the
 * reference's. Saving values for the gradient does not change a bit of outputs and states.
 */
export async function checkAgreement<Buffer>(
  { backend, tolerances, worstErrors, level }: Subject<Buffer>,
  given: Case,
): Promise<void> {
  const problem = makeProblem(given);
  const { plan } = problem;
  const { forward, gradient } = tolerancesFor(tolerances, given.shape.timesteps);
  const agrees = (direction: 'forward' | 'gradient', actual: Downloaded, expected: Named) => {
    const tolerance = direction === 'forward' ? forward : gradient;
    worstErrors.note(plan.cell.name, direction, [actual, expected], forward / tolerances.forward);
    expectAgreement(actual, expected, within(tolerance), locationIn(problem));
  };
  await onDevice(backend, async (device) => {
    const inputs = mapInputs(problem.inputs, device.upload);
    const results = await device.download(namedResults(plan, device.forward(plan, inputs)));
    agrees('forward', results, expectedForward(problem));

    if (level === 'inference') return;
    const kept = device.forward(plan, inputs, true);
    const again = await device.download(namedResults(plan, kept));
    expectAgreement(again, results, identical, locationIn(problem), KEPT);

    const cotangents = mapCotangents(problem.cotangents, device.upload);
    const computed = device.gradient(plan, inputs, kept, cotangents);
    const gradients = await device.download(namedGradient(plan, computed));
    agrees('gradient', gradients, expectedGradient(problem));
  });
}

export const agreementSuite: Suite = {
  name: 'agreement',
  title: 'forward and gradient agree with the reference',
  *cases(selection) {
    const { tier, cells } = selection;
    const random = selectRandom(selection);
    const selected = new Set([...selectVariants(variants, cells), ...random]);
    for (const variant of [...variants, ...random]) {
      const cases = [
        ...(selected.has(variant) ? [...coveringCases, ...randomCases] : []),
        ...largeCases,
        ...emptyCases,
        ...lengthsCases,
        ...timeMajorCases,
      ].filter((given) => given.variant === variant && isInTier(given, tier));
      for (const given of cases) yield agreementCase(given, [variant.name, caseText(given)]);
    }
  },
};

/** A case that compares everything with the reference. */
export function agreementCase(given: Case, path: readonly string[]): SuiteCase {
  const check: SuiteCase['check'] = async (subject) => {
    try {
      await checkAgreement(subject, given);
    } catch (error) {
      if (error instanceof Error) error.message += equationsOf(given);
      throw error;
    }
  };
  return { path, cell: given.variant.name, choices: given, level: 'inference', check };
}

/** The equations of a random cell, to copy them into a test; nothing for other cells. */
function equationsOf({ variant, shape }: Case): string {
  const equations = variant.print?.(shape);
  return equations === undefined ? '' : `\nThe cell, drawn with the seed ${currentSeed()}:\n${equations}`;
}
