import type { ParameterShape } from '@sluice/core';
import { plainCase } from '../cases.js';
import { catalogueVariants, type Variant } from '../cells/index.js';
import { expectAgreement, within } from '../compare.js';
import { type Downloaded, forwardOn, gradientOn } from '../device.js';
import { expectedForward, expectedGradient, makeProblem, type Problem } from '../problem.js';
import { Random } from '../random.js';
import { selectVariants } from '../selection.js';
import { cellCase, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 12, inputSize: 7, units: 9 };

/** Far larger than needed for float32 gates of exactly 0 and 1. */
const SATURATING_BIAS = 40;

/** The largest gives pre-activations near the limit of float32. */
const WEIGHT_SCALES = [10, 1e3, 1e8, 1e30];

/** The cells of the catalogue whose outputs are within ±1 if the initial states are. */
const squashed: readonly Variant[] = catalogueVariants.filter(({ cell: { name, options } }) => {
  // A projection's output can have any size.
  if (options.projection !== undefined) return false;
  if (name === 'lstm' || name === 'gru' || name === 'simpleRnn') {
    return options.activation === undefined;
  }
  if (name === 'liGru') return options.activation === 'tanh';
  if (name === 'qrnn' || name === 'attentionGru') return true;
  if (name === 'cfc') return options.mode === undefined && options.activation === undefined;
  return name === 'sru' && (options.recurrence === 'full' || options.highway === false) && isBounded(options);
});

/** Without a highway, an SRU's activation bounds its output. */
function isBounded({ recurrence, activation }: { recurrence?: unknown; activation?: unknown }): boolean {
  return recurrence === 'full' || activation === 'tanh';
}

function withParameters(
  problem: Problem,
  change: (values: Float32Array, shape: ParameterShape) => Float32Array,
): Problem {
  const { plan, inputs } = problem;
  const parameters = inputs.parameters.map((values, i) => change(values, plan.parameters[i]));
  return { ...problem, inputs: { ...inputs, parameters } };
}

/** With biases of ±40 every gate is 0 or 1; the numbers are still the reference's. */
export async function checkSaturatingBias<Buffer>(
  { backend, tolerances, level }: Subject<Buffer>,
  variant: Variant,
): Promise<void> {
  const random = new Random(`saturating bias ${variant.name}`);
  const problem = withParameters(makeProblem(plainCase(variant, SHAPE)), (values, { role, shape }) => {
    if (role !== 'bias') return values;
    // Only the first stored row: large values in both rows could cancel and leave rounding errors.
    const firstRow = shape.length === 2 ? values.length / shape[0] : values.length;
    const saturating = () => (random.next() < 0.5 ? SATURATING_BIAS : -SATURATING_BIAS);
    return values.map((value, i) => (i < firstRow ? saturating() : value));
  });
  expectAgreement(await forwardOn(backend, problem), expectedForward(problem), within(tolerances.forward));
  if (level === 'inference') return;
  expectAgreement(await gradientOn(backend, problem), expectedGradient(problem), within(tolerances.gradient));
}

/** With large weights, outputs stay within ±1 and no number is infinite or NaN. */
export async function checkLargeWeights<Buffer>(
  { backend, tolerances }: Subject<Buffer>,
  variant: Variant,
  scale: number,
): Promise<void> {
  const problem = withParameters(makeProblem(plainCase(variant, SHAPE)), (values) =>
    values.map((value) => value * scale),
  );
  const results = await forwardOn(backend, problem);
  expectFinite(results);
  const outside = results.sequence.filter((value) => !(Math.abs(value) <= 1 + tolerances.forward));
  if (outside.length > 0) {
    throw new Error(`${outside.length} outputs are outside of ±1, for instance ${outside[0]}`);
  }
}

function expectFinite(results: Downloaded): void {
  for (const [name, values] of Object.entries(results)) {
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) throw new Error(`${name}: the number at ${index} is ${values[index]}`);
  }
}

export const saturationSuite: Suite = {
  name: 'saturation',
  title: 'saturated gates',
  *cases({ tier, cells }) {
    for (const [place, variant] of selectVariants(squashed, cells).entries()) {
      yield cellCase(variant, `biases of ±${SATURATING_BIAS}`, checkSaturatingBias);
      for (const [i, scale] of WEIGHT_SCALES.entries()) {
        // In the quick tier the scales take turns.
        if (tier === 'quick' && place % WEIGHT_SCALES.length !== i) continue;
        yield cellCase(variant, `weights times ${scale}`, (subject) =>
          checkLargeWeights(subject, variant, scale),
        );
      }
    }
  },
};
