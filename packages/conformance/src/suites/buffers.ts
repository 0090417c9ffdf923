import { type Backend, withOwnedBuffers } from '@sluice/core/backend';
import { errorOf, expectMessage, rejectionOf } from '../assertions.js';
import { mapCotangents, mapInputs } from '../buffers.js';
import { plainCase } from '../cases.js';
import { catalogueVariants } from '../cells/index.js';
import { onDevice } from '../device.js';
import { makeProblem } from '../problem.js';
import { otherCase, type Subject, type Suite } from './subject.js';

const SHAPE = { batch: 2, timesteps: 3, inputSize: 4, units: 5 };
const lstm = catalogueVariants.find(({ name }) => name === 'lstm')!;

/** Makes a value that looks like a buffer of the backend. */
type Imitate = (backend: Backend<unknown>, values: Float32Array) => unknown;

/** A backend that only creates buffers. */
const elsewhere = (name: string) =>
  withOwnedBuffers({ name, upload: (values) => values } as Backend<Float32Array>);

const imitations: Readonly<Record<string, readonly [Imitate, message: string]>> = {
  'numbers that were not uploaded': [(_, values) => values, 'is a Float32Array, .*upload it first'],
  'a buffer of another backend': [
    (_, values) => elsewhere('elsewhere').upload(values),
    'is a buffer of the backend elsewhere, .*upload it here',
  ],
  'a buffer of another instance': [
    ({ name }, values) => elsewhere(name).upload(values),
    'is a buffer of another .* backend, .*upload it here',
  ],
  'a buffer that has been released': [
    (backend, values) => {
      const buffer = backend.upload(values);
      backend.release(buffer);
      return buffer;
    },
    'has been released',
  ],
};

/** An error names the argument that is no buffer of the backend, and the reason, for every argument of every call. */
export async function checkImitation<Buffer>(
  { backend }: Subject<Buffer>,
  kind: keyof typeof imitations,
): Promise<void> {
  const [make, message] = imitations[kind];
  const imitate = (values: Float32Array) => make(backend as Backend<unknown>, values) as Buffer;
  const problem = makeProblem({ ...plainCase(lstm, SHAPE), mask: 'holes', recurrentDropout: true });
  const { plan } = problem;
  const refused = (name: string, call: () => unknown) =>
    expectMessage(errorOf(call), new RegExp(`^Cell 'lstm': ${name} ${message}`));
  await onDevice(backend, async (device) => {
    const inputs = mapInputs(problem.inputs, device.upload);
    const cotangents = mapCotangents(problem.cotangents, device.upload);
    const result = device.forward(plan, inputs, true);
    const wrong = mapInputs(problem.inputs, imitate);
    const { parameters, initialStates: [h] = [], recurrentMasks = [] } = inputs;
    const wrongInputs: Readonly<Record<string, Partial<typeof inputs>>> = {
      x: { x: wrong.x },
      recurrentKernel: { parameters: [parameters[0], wrong.parameters[1], parameters[2]] },
      'the initial state c': { initialStates: [h, wrong.initialStates?.[1]] },
      mask: { mask: wrong.mask },
      'the recurrent mask of i': {
        recurrentMasks: recurrentMasks.map((mask, i) =>
          i === 0 ? (wrong.recurrentMasks?.[0] as Buffer) : mask,
        ),
      },
    };
    for (const [name, change] of Object.entries(wrongInputs)) {
      const given = { ...inputs, ...change };
      refused(name, () => device.forward(plan, given));
      refused(name, () => device.gradient(plan, given, result, cotangents));
    }
    const { sequence, states } = mapCotangents(problem.cotangents, imitate);
    const gradient = (given: typeof cotangents) => () => device.gradient(plan, inputs, result, given);
    refused('the cotangent of the sequence', gradient({ sequence }));
    refused('the cotangent of c', gradient({ states: [undefined, states?.[1]] }));
    const numbers = (length: number) => imitate(new Float32Array(length));
    const kept = backend.savedLength(plan, SHAPE.batch, SHAPE.timesteps);
    const wrongResults = {
      'the sequence of the forward pass': {
        ...result,
        sequence: numbers(SHAPE.batch * SHAPE.timesteps * SHAPE.units),
      },
      'what the forward pass has kept': { ...result, saved: numbers(kept) },
    };
    for (const [name, given] of Object.entries(wrongResults)) {
      refused(name, () => device.gradient(plan, inputs, given, cotangents));
    }
    const download = await rejectionOf(backend.download(numbers(3)));
    expectMessage(download, new RegExp(`^download: the buffer ${message}`));
    const release = errorOf(() => backend.release(numbers(3)));
    expectMessage(release, new RegExp(`^release: the buffer ${message}`));
  });
}

/** A gradient reads what its forward pass kept: with other inputs it would be of another function. */
export async function checkSamePass<Buffer>({ backend }: Subject<Buffer>): Promise<void> {
  const { plan, inputs, cotangents } = makeProblem({ ...plainCase(lstm, SHAPE), mask: 'holes' });
  const { batch, timesteps } = SHAPE;
  await onDevice(backend, async (device) => {
    const given = mapInputs(inputs, device.upload);
    const result = device.forward(plan, given, true);
    const others: readonly Partial<typeof given>[] = [
      { batch: timesteps, timesteps: batch },
      { reverse: true },
      { timeMajor: true },
      { maskedOutput: 'zero' },
      { mask: undefined },
    ];
    for (const other of others) {
      const uploaded = mapCotangents(cotangents, device.upload);
      const error = errorOf(() => device.gradient(plan, { ...given, ...other }, result, uploaded));
      expectMessage(error, /^Cell 'lstm': the forward pass had .*the same inputs/);
    }
  });
}

/** Plain JavaScript and spread objects bring names that the types would refuse. */
export async function checkNames<Buffer>({ backend }: Subject<Buffer>): Promise<void> {
  const { plan, inputs } = makeProblem(plainCase(lstm, SHAPE));
  await onDevice(backend, async (device) => {
    const misspelt = { ...mapInputs(inputs, device.upload), initialState: [] };
    const error = errorOf(() => device.forward(plan, misspelt));
    expectMessage(error, /^Cell 'lstm' has no input 'initialState'/);
  });
}

/** What is uploaded are float32 numbers: other numbers have other bytes. */
export function checkUploads<Buffer>({ backend }: Subject<Buffer>): void {
  for (const values of [new Float64Array(3), [1, 2, 3], undefined] as unknown[]) {
    const error = errorOf(() => backend.upload(values as Float32Array));
    expectMessage(error, /upload takes a Float32Array/);
  }
}

export const buffersSuite: Suite = {
  name: 'buffers',
  title: 'only its own buffers',
  *cases() {
    for (const kind of Object.keys(imitations)) {
      yield otherCase(kind, (subject) => checkImitation(subject, kind), 'training');
    }
    yield otherCase('a gradient with other inputs than its forward pass', checkSamePass, 'training');
    yield otherCase('a misspelt input', checkNames);
    yield otherCase('only float32 numbers are uploaded', checkUploads);
  },
};
