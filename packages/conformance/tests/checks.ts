import { mapInputs } from '../src/buffers.js';
import { plainCase } from '../src/cases.js';
import { variantNamed } from '../src/cells/index.js';
import { onDevice } from '../src/device.js';
import { makeProblem } from '../src/problem.js';
import { oneLargeSize } from '../src/shapes.js';
import { checkAgreement } from '../src/suites/agreement.js';
import { checkImitation, checkUploads } from '../src/suites/buffers.js';
import { expectRefusal } from '../src/suites/errors.js';
import { checkAfterRefusal, checkInterleavedCalls, checkTwoInstances } from '../src/suites/independence.js';
import { checkNothingIsLeft, checkRefusalLeavesNothing } from '../src/suites/leaks.js';
import {
  checkCopies,
  checkDownloadsInFlight,
  checkInputsAreKept,
  checkOwnBuffers,
} from '../src/suites/memory.js';
import {
  checkPaddedInput,
  checkPoisonedCotangents,
  checkPoisonedInput,
  checkPoisonedRecurrentMask,
  checkPoisonedStatesAndParameters,
} from '../src/suites/non-finite.js';
import { checkDefaults, checkMaskValues } from '../src/suites/optional-inputs.js';
import { checkCopiedPlan, checkPlansAreToldApart, namesakes } from '../src/suites/plans.js';
import {
  checkAbsentCotangents,
  checkRepetition,
  checkResultsLast,
  checkSaved,
} from '../src/suites/repetition.js';
import { checkNewWeights, checkResultsAsInputs, checkSharedInputs } from '../src/suites/reuse.js';
import { checkRowAlone, checkRowsAreApart } from '../src/suites/rows.js';
import { checkLargeWeights, checkSaturatingBias } from '../src/suites/saturation.js';
import { checkStreaming } from '../src/suites/streaming.js';
import type { Subject } from '../src/suites/subject.js';

export type Check = <Buffer>(subject: Subject<Buffer>) => Promise<void>;

const lstm = variantNamed('lstm');
const simpleRnn = variantNamed('simpleRnn');
const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };
const plain = plainCase(lstm, SHAPE);
const masked = { ...plain, mask: 'holes' } as const;

const agreement: Check = (subject) => checkAgreement(subject, plain);
const maskedAgreement: Check = (subject) => checkAgreement(subject, masked);
const refusal: Check = async ({ backend }) => {
  const problem = makeProblem(plain);
  await onDevice(backend, async (device) => {
    const inputs = mapInputs({ ...problem.inputs, x: problem.inputs.x.slice(1) }, device.upload);
    expectRefusal(() => backend.forward(problem.plan, inputs), problem, /\bx\b/);
  });
};

/** Every check of the suite, on one cell. */
export const checks: Readonly<Record<string, Check>> = {
  agreement,
  'agreement, masked': maskedAgreement,
  'agreement, reversed': (subject) => checkAgreement(subject, { ...plain, reverse: true }),
  'NaN in x': (subject) => checkPoisonedInput(subject, lstm, Number.NaN),
  'infinity in x': (subject) => checkPoisonedInput(subject, lstm, Infinity),
  'NaN in states and parameters': (subject) => checkPoisonedStatesAndParameters(subject, lstm),
  'NaN in padding': (subject) => checkPaddedInput(subject, lstm, Number.NaN),
  'saturating biases': (subject) => checkSaturatingBias(subject, lstm),
  'large weights': (subject) => checkLargeWeights(subject, lstm, 1e30),
  'rows apart': (subject) => checkRowsAreApart(subject, lstm),
  'row alone': (subject) => checkRowAlone(subject, lstm),
  streaming: (subject) => checkStreaming(subject, lstm, false),
  'streaming, reversed': (subject) => checkStreaming(subject, lstm, true),
  repetition: (subject) => checkRepetition(subject, lstm),
  'saved values': (subject) => checkSaved(subject, lstm),
  'absent cotangents': (subject) => checkAbsentCotangents(subject, lstm),
  'later calls do not change results': (subject) => checkResultsLast(subject, lstm),
  'inputs are kept': (subject) => checkInputsAreKept(subject, lstm),
  copies: checkCopies,
  'downloads in flight': checkDownloadsInFlight,
  'buffers of their own': (subject) => checkOwnBuffers(subject, lstm),
  'weights in the memory of others': (subject) => checkNewWeights(subject, lstm),
  'one buffer in several places': (subject) => checkSharedInputs(subject, lstm),
  'results as inputs': (subject) => checkResultsAsInputs(subject, lstm),
  'released buffers are freed': (subject) => checkNothingIsLeft(subject, lstm, { mask: 'holes' }),
  'released buffers are freed, reversed': (subject) => checkNothingIsLeft(subject, lstm, { reverse: true }),
  'a refused call leaves nothing': (subject) => checkRefusalLeavesNothing(subject, lstm),
  'interleaved calls': (subject) => checkInterleavedCalls(subject, lstm),
  'two instances': (subject) => checkTwoInstances(subject, lstm),
  'after a refusal': (subject) => checkAfterRefusal(subject, lstm),
  'plans of one name': (subject) => checkPlansAreToldApart(subject, namesakes),
  'a copied plan': (subject) => checkCopiedPlan(subject, lstm),
  defaults: (subject) => checkDefaults(subject, lstm),
  'numbers in the mask': (subject) => checkMaskValues(subject, lstm),
  'NaN in cotangents': (subject) => checkPoisonedCotangents(subject, lstm, 'repeat'),
  'NaN in padded cotangents': (subject) => checkPoisonedCotangents(subject, lstm, 'zero'),
  'NaN in recurrent masks': (subject) => checkPoisonedRecurrentMask(subject, lstm),
  'sizes far beyond others': async (subject) => {
    for (const shape of oneLargeSize) await checkAgreement(subject, plainCase(simpleRnn, shape));
  },
  refusal,
  'what was not uploaded': (subject) => checkImitation(subject, 'numbers that were not uploaded'),
  'buffers of others': (subject) => checkImitation(subject, 'a buffer of another backend'),
  'released buffers': (subject) => checkImitation(subject, 'a buffer that has been released'),
  uploads: async (subject) => checkUploads(subject),
};
