import { errorOf, expectSame } from '../assertions.js';
import { mapInputs } from '../buffers.js';
import { type Case, plainCase } from '../cases.js';
import { commonVariants, type Variant } from '../cells/index.js';
import { forwardOn, gradientOn, onDevice } from '../device.js';
import { makeProblem } from '../problem.js';
import { cellCase, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };

/** @throws TypeError when `liveBuffers` returns no number */
function countLive<Buffer>({ liveBuffers = () => 0 }: Subject<Buffer>): number {
  const live: unknown = liveBuffers();
  if (Number.isFinite(live)) return live as number;
  throw new TypeError(`liveBuffers must return a number of buffers or bytes, but returned ${live}.`);
}

/** Calls whose buffers are released leave none behind, once a first one has made what the device keeps for a cell. */
export async function checkNothingIsLeft<Buffer>(
  subject: Subject<Buffer>,
  variant: Variant,
  choices: Partial<Case>,
): Promise<void> {
  const { backend, level } = subject;
  const problem = makeProblem({ ...plainCase(variant, SHAPE), ...choices });
  const run = async () => {
    await forwardOn(backend, problem);
    if (level === 'training') await gradientOn(backend, problem);
  };
  await run();
  const before = countLive(subject);
  for (let i = 0; i < 3; i++) await run();
  expectSame(countLive(subject), before, 'live buffers after three more calls whose buffers were released');
}

/** Settings that a device may give buffers of their own. */
const leakCases: Readonly<Record<string, Partial<Case>>> = {
  'three calls leave nothing': { mask: 'holes' },
  'reversed, padded outputs zero': { mask: 'holes', reverse: true, maskedOutput: 'zero' },
  'reversed, without a mask': { reverse: true },
  'lengths, recurrent dropout': { mask: 'lengths', recurrentDropout: true },
  'time-major, no initial states, no cotangents': {
    timeMajor: true,
    initialStates: 'none',
    cotangents: 'none',
  },
};

/** A refused call leaves nothing behind either. */
export async function checkRefusalLeavesNothing<Buffer>(
  subject: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const { backend } = subject;
  const problem = makeProblem(plainCase(variant, SHAPE));
  const { plan } = problem;
  const call = () =>
    onDevice(backend, async (device) => {
      const inputs = mapInputs(problem.inputs, device.upload);
      errorOf(() => device.forward(plan, { ...inputs, x: inputs.parameters[0] }));
    });
  await call();
  const before = countLive(subject);
  for (let i = 0; i < 3; i++) await call();
  expectSame(countLive(subject), before, 'live buffers after three more calls that were refused');
}

/** Only for backends that count. */
export const leaksSuite: Suite = {
  name: 'leaks',
  title: 'released buffers are freed',
  *cases() {
    for (const variant of commonVariants) {
      for (const [title, choices] of Object.entries(leakCases)) {
        yield cellCase(variant, title, (subject) => checkNothingIsLeft(subject, variant, choices));
      }
      yield cellCase(variant, 'after calls that are refused', checkRefusalLeavesNothing);
    }
  },
};
