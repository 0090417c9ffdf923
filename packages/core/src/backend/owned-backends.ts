import type { Plan } from '../plan/plan.js';
import type { Backend, InferenceBackend, SequenceInputs, SequenceResult } from './interface.js';
import { Buffers, described, type OwnedBuffer } from './owned-buffers.js';

/** The properties of a forward pass that its gradient must share, besides the plan. */
interface Pass {
  readonly batch: number;
  readonly timesteps: number;
  readonly reverse: boolean;
  readonly timeMajor: boolean;
  readonly maskedOutput: 'repeat' | 'zero';
  /** Whether there is a mask, or lengths. */
  readonly masked: boolean;
}

/**
 * Wraps a backend that works on device memory without checks. The result accepts only its own buffers: it refuses plain
 * numbers, buffers of other backends and released buffers with a TypeError that names the cell, the array and a way out.
 *
 * `gradient` throws a RangeError when the forward pass saved its values for another batch, order of time or masking.
 */
export function withOwnedBuffers<Memory extends { readonly length: number }>(
  bare: Backend<Memory>,
): Backend<OwnedBuffer<Memory>> {
  const buffers = new Buffers<Memory>(bare.name);
  /** The forward pass of each buffer of saved values. */
  const passes = new WeakMap<OwnedBuffer<Memory>, Pass>();
  return {
    ...transfers(bare, buffers),
    savedLength: bare.savedLength,
    forward: (plan, inputs, keep) => {
      const given = buffers.inputsOf(plan, inputs);
      const result = ownResult(bare, buffers, plan, bare.forward(plan, given, keep));
      if (result.saved) passes.set(result.saved, passOf(inputs));
      return result;
    },
    gradient: (plan, inputs, result, cotangents) => {
      const given = buffers.inputsOf(plan, inputs);
      const kept = result.saved && passes.get(result.saved);
      if (kept) checkSamePass(plan, kept, passOf(inputs));
      const { x, parameters, initialStates } = bare.gradient(
        plan,
        given,
        {
          sequence: buffers.memoryOf(plan, result.sequence, 'the sequence of the forward pass'),
          states: [],
          saved: buffers.memoryOf(plan, result.saved, 'what the forward pass has kept'),
        },
        {
          sequence: buffers.memoryOf(plan, cotangents.sequence, 'the cotangent of the sequence'),
          states: cotangents.states?.map((buffer, i) =>
            buffers.memoryOf(plan, buffer, 'the cotangent of ', plan.states[i]),
          ),
        },
      );
      return {
        x: ownOne(bare, buffers, x),
        parameters: ownAll(
          bare,
          buffers,
          plan,
          'gradients of parameters',
          parameters,
          plan.parameters.length,
        ),
        initialStates: ownAll(
          bare,
          buffers,
          plan,
          'gradients of initial states',
          initialStates,
          plan.states.length,
        ),
      };
    },
  };
}

/**
 * The same for a backend that runs plans forward alone.
 *
 * `forward` throws a TypeError when it shall keep values for a gradient.
 *
 * @param whole the function that makes a backend with a gradient, for that error.
 */
export function withOwnedInference<Memory extends { readonly length: number }>(
  bare: InferenceBackend<Memory>,
  whole: string,
): InferenceBackend<OwnedBuffer<Memory>> {
  const buffers = new Buffers<Memory>(bare.name);
  const forward: Backend<OwnedBuffer<Memory>>['forward'] = (plan, inputs, keep) => {
    if (keep) {
      throw new TypeError(`This ${bare.name} backend runs plans forward alone; for a gradient use ${whole}.`);
    }
    const { sequence, states } = bare.forward(plan, buffers.inputsOf(plan, inputs));
    return { sequence: buffers.own(sequence), states: states.map((state) => buffers.own(state)) };
  };
  return { ...transfers(bare, buffers), forward };
}

type Transfers<Buffer> = Pick<InferenceBackend<Buffer>, 'name' | 'upload' | 'download' | 'release'>;

const transfers = <Memory extends { readonly length: number }>(
  bare: InferenceBackend<Memory>,
  buffers: Buffers<Memory>,
): Transfers<OwnedBuffer<Memory>> => ({
  name: bare.name,
  upload: (values) => {
    if (values?.[Symbol.toStringTag] !== 'Float32Array') {
      throw new TypeError(`upload takes a Float32Array, but was given ${described(values)}.`);
    }
    return buffers.own(bare.upload(values));
  },
  download: async (buffer) => bare.download(buffers.take(buffer, 'download: the buffer')),
  release: (buffer) => {
    const memory = buffers.take(buffer, 'release: the buffer');
    buffer.memory = undefined;
    bare.release(memory);
  },
});

/** @throws TypeError when the device returned no buffer. */
function ownOne<Memory extends { readonly length: number }>(
  { name }: Backend<Memory>,
  buffers: Buffers<Memory>,
  memory: Memory | undefined,
): OwnedBuffer<Memory> {
  if (memory !== undefined) return buffers.own(memory);
  throw new TypeError(`The backend ${name} returned undefined instead of a buffer.`);
}

/** @throws TypeError when the device returned another number of buffers than the plan has. */
function ownAll<Memory extends { readonly length: number }>(
  bare: Backend<Memory>,
  buffers: Buffers<Memory>,
  plan: Plan,
  what: string,
  memories: readonly Memory[] | undefined,
  expected: number,
): OwnedBuffer<Memory>[] {
  if (memories?.length === expected) return memories.map((memory) => ownOne(bare, buffers, memory));
  const given = memories?.length ?? 'no array of';
  throw new TypeError(
    `Cell '${plan.cell.name}': the backend ${bare.name} returned ${given} ${what}; expected ${expected}.`,
  );
}

/** A result of the device as the caller's buffers. */
function ownResult<Memory extends { readonly length: number }>(
  bare: Backend<Memory>,
  buffers: Buffers<Memory>,
  plan: Plan,
  result: SequenceResult<Memory> | undefined,
): SequenceResult<OwnedBuffer<Memory>> {
  if (result === undefined) throw new TypeError(`The backend ${bare.name} returned no result of forward.`);
  const saved = result.saved && buffers.own(result.saved);
  const states = ownAll(bare, buffers, plan, 'final states', result.states, plan.states.length);
  return { sequence: ownOne(bare, buffers, result.sequence), states, saved };
}

const passOf = (inputs: SequenceInputs<unknown>): Pass => ({
  batch: inputs.batch,
  timesteps: inputs.timesteps,
  reverse: inputs.reverse ?? false,
  timeMajor: inputs.timeMajor ?? false,
  maskedOutput: inputs.maskedOutput ?? 'repeat',
  masked: inputs.mask !== undefined || inputs.lengths !== undefined,
});

/** @throws RangeError naming the first difference. */
function checkSamePass(plan: Plan, kept: Pass, given: Pass): void {
  for (const name of Object.keys(kept) as (keyof Pass)[]) {
    if (kept[name] === given[name]) continue;
    const what = name === 'masked' ? 'a mask or lengths' : name;
    throw new RangeError(
      `Cell '${plan.cell.name}': the forward pass had ${what}: ${kept[name]}, but its gradient is given ${given[name]}; ` +
        'give both the same inputs.',
    );
  }
}
