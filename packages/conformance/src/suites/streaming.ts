import type { SequenceInputs } from '@sluice/core/backend';
import { plainCase } from '../cases.js';
import type { Variant } from '../cells/index.js';
import { expectAgreement, within } from '../compare.js';
import { type Downloaded, forwardOn } from '../device.js';
import { makeProblem } from '../problem.js';
import { cellsInTurn } from '../selection.js';
import { cellCase, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 3, timesteps: 9, inputSize: 4, units: 6 };
const CUT = 5;

/** The steps `[first, end)` of a `[batch, timesteps, …]` array. */
function steps(values: Float32Array, first: number, end: number): Float32Array {
  const width = values.length / (SHAPE.batch * SHAPE.timesteps);
  const part = new Float32Array(SHAPE.batch * (end - first) * width);
  for (let row = 0; row < SHAPE.batch; row++) {
    const start = row * SHAPE.timesteps;
    const from = values.subarray((start + first) * width, (start + end) * width);
    part.set(from, row * (end - first) * width);
  }
  return part;
}

/**
 * The first part of a sequence and then the second part, from the first part's final states, give the same as the whole
 * sequence. Padded outputs are zeros here, since a repeated output before the cut is not carried over.
 */
export async function checkStreaming<Buffer>(
  { backend, tolerances }: Subject<Buffer>,
  variant: Variant,
  reverse: boolean,
): Promise<void> {
  const given = { ...plainCase(variant, SHAPE), mask: 'holes', maskedOutput: 'zero', reverse } as const;
  const { plan, inputs, cotangents } = makeProblem(given);
  const whole = await forwardOn(backend, { plan, inputs, cotangents });

  const run = (first: number, end: number, initialStates: SequenceInputs<Float32Array>['initialStates']) =>
    forwardOn(backend, {
      plan,
      inputs: {
        ...inputs,
        timesteps: end - first,
        x: steps(inputs.x, first, end),
        mask: inputs.mask && steps(inputs.mask, first, end),
        initialStates,
      },
      cotangents,
    });
  const parts: [number, number][] = [
    [0, CUT],
    [CUT, SHAPE.timesteps],
  ];
  const [early, late] = reverse ? parts.reverse() : parts;
  const before = await run(...early, inputs.initialStates);
  const after = await run(...late, Object.values(finalStates(before)));
  const agree = within(tolerances.forward);
  expectAgreement(
    { 'first part': before.sequence },
    { 'first part': steps(whole.sequence, ...early) },
    agree,
  );
  expectAgreement(
    { 'second part': after.sequence },
    { 'second part': steps(whole.sequence, ...late) },
    agree,
  );
  expectAgreement(finalStates(after), finalStates(whole), agree);
}

function finalStates({ sequence: _, ...states }: Downloaded): Downloaded {
  return states;
}

export const streamingSuite: Suite = {
  name: 'streaming',
  title: 'a sequence in two parts gives the same as the whole',
  *cases(selection) {
    for (const variant of cellsInTurn(selection, 2)) {
      for (const reverse of [false, true]) {
        const title = reverse ? 'reversed' : 'forward in time';
        yield cellCase(variant, title, (subject) => checkStreaming(subject, variant, reverse));
      }
    }
  },
};
