import {
  type Backend,
  type SequenceCotangents,
  type SequenceInputs,
  type SequenceResult,
  withOwnedBuffers,
} from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import { mapCotangents } from '../src/buffers.js';
import type { Subject } from '../src/suites/subject.js';
import { tolerances, WorstErrors } from '../src/tolerances.js';
import {
  BindsOnce,
  Counting,
  HandedThrough,
  LateDownloads,
  Leaking,
  OneMemory,
  OwnOrder,
  SharedResults,
  SharedUploads,
  StaleWeights,
  WrongUploads,
} from './buffer-faults.js';
import { checks } from './checks.js';
import {
  LastKept,
  Lenient,
  Limited,
  PlansByIdentity,
  PlansByName,
  StuckAfterError,
  WrongBoth,
  WrongGradient,
  WrongInputs,
  WrongResult,
  WrongSavedLength,
} from './faults.js';
import { ReferenceBackend } from './reference-backend.js';

const subjectOf = <Buffer>(backend: Backend<Buffer>, create = () => backend): Subject<Buffer> => ({
  backend,
  tolerances: tolerances.cpu,
  level: 'training',
  worstErrors: new WorstErrors(),
  withInstance: (work) => work(create()),
});
const owned = (backend: Backend<Float32Array>) => ({
  ...subjectOf(withOwnedBuffers(backend), () => withOwnedBuffers(new ReferenceBackend())),
  liveBuffers: backend instanceof Counting ? () => backend.live : undefined,
});

describe('the reference passes', () => {
  for (const [name, check] of Object.entries(checks)) {
    test(name, () => check(owned(new Counting())));
  }
});

/** What a backend must do that `withOwnedBuffers` does. */
const ofBuffers = ['what was not uploaded', 'buffers of others', 'released buffers', 'uploads'] as const;

let calls = 0;
const wild = (value: number) => (Number.isNaN(value) ? 0 : value);
type Inputs = SequenceInputs<Float32Array>;
const withMask =
  (change: (used: number) => number) =>
  (inputs: Inputs): Inputs => ({ ...inputs, mask: inputs.mask?.map(change) });
const withMasks =
  (change: (factor: number) => number) =>
  (inputs: Inputs): Inputs => ({
    ...inputs,
    recurrentMasks: inputs.recurrentMasks?.map((values) => values.map(change)),
  });
const noNaN = (cotangents: SequenceCotangents<Float32Array>) =>
  mapCotangents(cotangents, (values) => values.map(wild));

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
  ['results in shared memory', new SharedResults(), 'later calls do not change results'],
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
  ['NaN in a recurrent mask swallowed', new WrongBoth(withMasks(wild)), 'NaN in recurrent masks'],
  ['NaN in cotangents swallowed', new WrongBoth((inputs) => inputs, noNaN), 'NaN in cotangents'],
  [
    'cotangents of padded zeros that leak',
    new WrongBoth((inputs) => ({ ...inputs, maskedOutput: 'repeat' })),
    'NaN in padded cotangents',
  ],
  [
    'zeros at padded steps by default',
    new WrongBoth((inputs) => ({ ...inputs, maskedOutput: inputs.maskedOutput ?? 'zero' })),
    'defaults',
  ],
  [
    'reversed by default',
    new WrongBoth((inputs) => ({ ...inputs, reverse: inputs.reverse ?? true })),
    'defaults',
  ],
  ['only 1 is no padding', new WrongBoth(withMask((used) => Number(used === 1))), 'numbers in the mask'],
  ['a mask of whole numbers', new WrongBoth(withMask(Math.trunc)), 'numbers in the mask'],
  ['negative numbers are padding', new WrongBoth(withMask((v) => Math.max(v, 0))), 'numbers in the mask'],
  ['wrong above 37 rows', new Limited((_, { batch }) => batch > 37), 'sizes far beyond others'],
  ['wrong above 200 steps', new Limited((_, { timesteps }) => timesteps > 200), 'sizes far beyond others'],
  ['wrong above 260 units', new Limited(({ units }) => units > 260), 'sizes far beyond others'],
  ['wrong above 300 inputs', new Limited(({ inputSize }) => inputSize > 300), 'sizes far beyond others'],
  [
    'uploads of the whole array',
    new WrongUploads(({ buffer, length }) => new Float32Array(buffer.slice(0), 0, length)),
    'copies',
  ],
  ['uploads that lose −0', new WrongUploads((values) => values.map((v) => v + 0)), 'copies'],
  [
    'uploads that lose denormals',
    new WrongUploads((values) => values.map((v) => (Math.abs(v) < 2 ** -126 ? 0 * v : v))),
    'copies',
  ],
  ['downloads that read late', new LateDownloads(), 'downloads in flight'],
  ['a state handed through', new HandedThrough('forward'), 'buffers of their own'],
  ['a cotangent handed through', new HandedThrough('gradient'), 'buffers of their own'],
  ['weights that were prepared for others', new StaleWeights(), 'weights in the memory of others'],
  ['buffers that are bound once', new BindsOnce(), 'one buffer in several places'],
  ['outputs in an order of their own', new OwnOrder(), 'results as inputs'],
  ['nothing released', new Counting(false), 'released buffers are freed'],
  [
    'a buffer kept in reversed calls',
    new Leaking(({ reverse }) => reverse === true),
    'released buffers are freed, reversed',
  ],
  [
    'a buffer kept in refused calls',
    new Leaking(({ x, parameters }) => x === parameters[0]),
    'a refused call leaves nothing',
  ],
  ['a gradient of the last forward pass', new LastKept(), 'interleaved calls'],
  ['no numbers after an error', new StuckAfterError(), 'after a refusal'],
  ['plans found by name', new PlansByName(({ cell }) => cell.name), 'plans of one name'],
  ['plans found by identity', new PlansByIdentity(), 'a copied plan'],
];

describe('the suite finds', () => {
  test.each(faults)('%s', async (_, backend, check) => {
    await expect(checks[check](owned(backend))).rejects.toThrow();
  });

  test.each(ofBuffers)('a backend that takes anything: %s', async (check) => {
    await expect(checks[check](subjectOf(new ReferenceBackend()))).rejects.toThrow();
  });

  test('one memory for all instances', async () => {
    const subject = subjectOf<number>(new OneMemory(), () => new OneMemory());
    await checks['interleaved calls'](subject);
    await expect(checks['two instances'](subject)).rejects.toThrow();
  });

  test('a count of live buffers that is no number', async () => {
    const subject = { ...owned(new Counting()), liveBuffers: () => Number.NaN };
    await expect(checks['released buffers are freed'](subject)).rejects.toThrow('liveBuffers must return');
  });

  test('a first forward pass that writes to its input, and says so', async () => {
    const writing = new WrongInputs((inputs) => {
      const given = { ...inputs, x: inputs.x.slice() };
      inputs.x.fill(0);
      return given;
    });
    await expect(checks.agreement(owned(writing))).rejects.toThrow(
      /^forward\(plan, inputs, true\) after forward\(plan, inputs\) gave other bits; a call may have written/,
    );
  });

  test('a download that is no Float32Array', async () => {
    const doubles = new WrongUploads((values) => Float64Array.from(values) as unknown as Float32Array);
    await expect(checks.copies(subjectOf(doubles))).rejects.toThrow(
      "download must give a Float32Array; for 'copy' it gave: Float64Array.",
    );
  });

  test.each([
    ['no result', () => undefined, 'returned no result of forward.'],
    [
      'no sequence',
      (result) => ({ ...result, sequence: undefined }),
      'returned undefined instead of a buffer.',
    ],
    [
      'no states',
      (result) => ({ ...result, states: undefined }),
      'returned no array of final states; expected 2.',
    ],
    [
      'one state',
      (result) => ({ ...result, states: [result.sequence] }),
      'returned 1 final states; expected 2.',
    ],
  ] as [string, (result: SequenceResult<Float32Array>) => unknown, string][])(
    'a forward pass with %s, and says so',
    async (_, change, message) => {
      const backend = new ReferenceBackend();
      const forward = backend.forward.bind(backend);
      backend.forward = (...given) => change(forward(...given)) as SequenceResult<Float32Array>;
      await expect(checks.agreement(owned(backend))).rejects.toThrow(message);
    },
  );

  test('every kind of fault', () => {
    const found = new Set([...faults.map(([, , check]) => check), ...ofBuffers, 'two instances']);
    expect(Object.keys(checks).filter((name) => !found.has(name))).toEqual([]);
  });
});
