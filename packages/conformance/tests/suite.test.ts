import { type Backend, withOwnedBuffers } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { mapInputs } from '../src/buffers.js';
import { plainCase } from '../src/cases.js';
import { variants } from '../src/cells/index.js';
import { makeProblem } from '../src/problem.js';
import { checkAgreement } from '../src/suites/agreement.js';
import { checkImitation, checkUploads } from '../src/suites/buffers.js';
import { expectRefusal } from '../src/suites/errors.js';
import { checkCopies, checkInputsAreKept } from '../src/suites/memory.js';
import {
  checkPaddedInput,
  checkPoisonedInput,
  checkPoisonedStatesAndParameters,
} from '../src/suites/non-finite.js';
import {
  checkAbsentCotangents,
  checkRepetition,
  checkResultsLast,
  checkSaved,
} from '../src/suites/repetition.js';
import { checkRowAlone, checkRowsAreApart } from '../src/suites/rows.js';
import { checkLargeWeights, checkSaturatingBias } from '../src/suites/saturation.js';
import { checkStreaming } from '../src/suites/streaming.js';
import type { Subject } from '../src/suites/subject.js';
import { tolerances } from '../src/tolerances.js';
import {
  Lenient,
  SharedResults,
  SharedUploads,
  WrongGradient,
  WrongInputs,
  WrongResult,
  WrongSavedLength,
} from './faults.js';
import { ReferenceBackend } from './reference-backend.js';

type Check = <Buffer>(subject: Subject<Buffer>) => Promise<void>;

const lstm = variants.find(({ name }) => name === 'lstm')!;
const SHAPE = { batch: 3, timesteps: 5, inputSize: 4, units: 6 };
const plain = plainCase(lstm, SHAPE);
const masked = { ...plain, mask: 'holes' } as const;

const agreement: Check = (subject) => checkAgreement(subject, plain);
const maskedAgreement: Check = (subject) => checkAgreement(subject, masked);
const refusal: Check = async ({ backend }) => {
  const problem = makeProblem(plain);
  const inputs = mapInputs({ ...problem.inputs, x: problem.inputs.x.slice(1) }, backend.upload);
  expectRefusal(() => backend.forward(problem.plan, inputs), problem, /\bx\b/);
};

/** Every check of the suite, on one cell. */
const checks: Record<string, Check> = {
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
  'results last': (subject) => checkResultsLast(subject, lstm),
  'inputs are kept': (subject) => checkInputsAreKept(subject, lstm),
  copies: (subject) => checkCopies(subject),
  refusal,
  'what was not uploaded': (subject) => checkImitation(subject, 'numbers that were not uploaded'),
  'buffers of others': (subject) => checkImitation(subject, 'a buffer of another backend'),
  'released buffers': (subject) => checkImitation(subject, 'a buffer that has been released'),
  uploads: async (subject) => checkUploads(subject),
};

const subjectOf = <Buffer>(backend: Backend<Buffer>) => ({ backend, tolerances: tolerances.cpu });
const owned = (backend: Backend<Float32Array>) => subjectOf(withOwnedBuffers(backend));

describe('the reference passes', () => {
  for (const [name, check] of Object.entries(checks)) {
    test(name, () => check(owned(new ReferenceBackend())));
  }
});

/** What a backend must do that `withOwnedBuffers` does. */
const ofBuffers = ['what was not uploaded', 'buffers of others', 'released buffers', 'uploads'] as const;

let calls = 0;
const wild = (value: number) => (Number.isNaN(value) ? 0 : value);

/** What is wrong with a backend, and the check that must find it. */
const faults: readonly [what: string, backend: Backend<Float32Array>, check: keyof typeof checks][] = [
  ['an error of 1e-5', new WrongResult(({ sequence }) => (sequence[7] += 1e-5)), 'agreement'],
  ['a wrong final state', new WrongResult(({ states }) => (states[1][0] += 1e-5)), 'agreement'],
  ['no mask', new WrongInputs((inputs) => ({ ...inputs, mask: undefined })), 'agreement, masked'],
  [
    'zeros for repeats',
    new WrongInputs((inputs) => ({ ...inputs, maskedOutput: 'zero' })),
    'agreement, masked',
  ],
  ['never reversed', new WrongInputs((inputs) => ({ ...inputs, reverse: false })), 'agreement, reversed'],
  [
    'other bits when values are kept',
    new WrongResult((result, _, keep) => (result.sequence[0] += keep ? 1e-7 : 0)),
    'agreement',
  ],
  [
    'a gradient without mask',
    new WrongGradient((inputs) => ({ inputs: { ...inputs, mask: undefined } })),
    'agreement, masked',
  ],
  [
    'a gradient from zero states',
    new WrongGradient((inputs) => ({ inputs: { ...inputs, initialStates: undefined } })),
    'agreement',
  ],
  [
    'a gradient of the sequence alone',
    new WrongGradient((_, { sequence }) => ({ cotangents: { sequence } })),
    'agreement',
  ],
  ['NaN swallowed', new WrongResult((result) => result.sequence.set(result.sequence.map(wild))), 'NaN in x'],
  ['NaN in x swallowed', new WrongInputs((inputs) => ({ ...inputs, x: inputs.x.map(wild) })), 'NaN in x'],
  [
    'an infinity swallowed',
    new WrongInputs((inputs) => ({ ...inputs, x: inputs.x.map((v) => Math.min(v, 3)) })),
    'infinity in x',
  ],
  [
    'NaN in a parameter swallowed',
    new WrongInputs((inputs) => ({ ...inputs, parameters: inputs.parameters.map((p) => p.map(wild)) })),
    'NaN in states and parameters',
  ],
  [
    'padding that leaks',
    new WrongResult(({ sequence }, { x }) => (sequence[0] += 0 * x.reduce((sum, value) => sum + value, 0))),
    'NaN in padding',
  ],
  [
    'gates beyond 1',
    new WrongResult(({ sequence }) => sequence.set(sequence.map((v) => 1.01 * v))),
    'large weights',
  ],
  [
    'gates that do not close',
    new WrongInputs((inputs) => ({
      ...inputs,
      parameters: inputs.parameters.map((p) => p.map((v) => Math.max(-8, Math.min(8, v)))),
    })),
    'saturating biases',
  ],
  [
    'rows that see each other',
    new WrongResult(({ sequence }) => sequence.set(sequence.map((v) => v + 1e-7 * sequence[0]))),
    'rows apart',
  ],
  [
    'a batch that is not a batch',
    new WrongResult(({ sequence }, { batch }) => (sequence[sequence.length - 1] += batch > 1 ? 1e-5 : 0)),
    'row alone',
  ],
  [
    'states that start at zero',
    new WrongInputs((inputs) => ({ ...inputs, initialStates: undefined })),
    'streaming',
  ],
  [
    'states of the wrong end',
    new WrongResult(({ states }, { reverse }) => (states[0][0] += reverse ? 0.1 : 0)),
    'streaming, reversed',
  ],
  ['noise', new WrongResult(({ sequence }) => (sequence[0] += 1e-7 * calls++)), 'repetition'],
  ['a wrong saved length', new WrongSavedLength(), 'saved values'],
  [
    'saved values always',
    new WrongResult((result) => Object.assign(result, { saved: new Float32Array(15) })),
    'saved values',
  ],
  [
    'ones for absent cotangents',
    new WrongGradient((_, { states, sequence }) => ({
      cotangents: { states, sequence: sequence ?? new Float32Array(3 * 5 * 9).fill(1) },
    })),
    'absent cotangents',
  ],
  ['results in shared memory', new SharedResults(), 'results last'],
  ['an input written to', new WrongResult((_, { x }) => (x[0] += 1)), 'inputs are kept'],
  [
    'a gradient that writes to the outputs',
    new WrongGradient((_inputs, _cotangents, { sequence }) => {
      sequence[0] += 1;
      return {};
    }),
    'inputs are kept',
  ],
  ['uploads that do not copy', new SharedUploads(), 'copies'],
  ['wrong lengths taken', new Lenient(), 'refusal'],
];

describe('the suite finds', () => {
  test.each(faults)('%s', async (_, backend, check) => {
    await expect(checks[check](owned(backend))).rejects.toThrow();
  });

  test.each(ofBuffers)('a backend that takes anything: %s', async (check) => {
    await expect(checks[check](subjectOf(new ReferenceBackend()))).rejects.toThrow();
  });

  test('every kind of fault', () => {
    const found = new Set([...faults.map(([, , check]) => check), ...ofBuffers]);
    expect(Object.keys(checks).filter((name) => !found.has(name))).toEqual([]);
  });
});
