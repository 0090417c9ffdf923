import type { Plan } from '../plan/plan.js';
import type { Backend, SequenceInputs } from './interface.js';

/** Identifies a backend; all of its buffers refer to the same object. */
interface Owner {
  readonly name: string;
}

/** A type with all properties, also the optional ones, so that the compiler finds a missing one. */
type AllOf<T> = { [Key in keyof Required<T>]: T[Key] };

/** The names of a call's inputs; the compiler checks that they are complete. */
const INPUT_NAMES: Readonly<Record<string, true>> = {
  batch: true,
  timesteps: true,
  x: true,
  parameters: true,
  initialStates: true,
  mask: true,
  lengths: true,
  maskedOutput: true,
  reverse: true,
  timeMajor: true,
  recurrentMasks: true,
} satisfies Record<keyof SequenceInputs<unknown>, true>;

/** @throws RangeError for an unknown input: a misspelt name must not be ignored. */
function checkNames(plan: Plan, inputs: object): void {
  for (const name in inputs) {
    if (Object.hasOwn(INPUT_NAMES, name)) continue;
    const known = Object.keys(INPUT_NAMES).join(', ');
    throw new RangeError(`Cell '${plan.cell.name}' has no input '${name}'. Known: ${known}.`);
  }
}

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

/** A buffer of a caller: its backend, and its device memory until it is released. */
export class OwnedBuffer<Memory> {
  constructor(
    readonly owner: Owner,
    /** The number of elements. */
    readonly length: number,
    /** The device's own handle; undefined once released. */
    public memory: Memory | undefined,
  ) {}
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
  type Buffer = OwnedBuffer<Memory>;
  const owner: Owner = { name: bare.name };
  const own = (memory: Memory): Buffer => {
    if (memory === undefined)
      throw new TypeError(`The backend ${bare.name} returned undefined instead of a buffer.`);
    return new OwnedBuffer(owner, memory.length, memory);
  };
  /** @throws TypeError when the device returned another number of buffers than the plan has */
  const ownAll = (
    plan: Plan,
    what: string,
    memories: readonly Memory[] | undefined,
    expected: number,
  ): Buffer[] => {
    if (memories?.length === expected) return memories.map(own);
    throw new TypeError(
      `Cell '${plan.cell.name}': the backend ${bare.name} returned ${memories?.length ?? 'no array of'} ${what}; expected ${expected}.`,
    );
  };
  /** The forward pass of each buffer of saved values. */
  const passes = new WeakMap<Buffer, Pass>();
  const isUsable = (buffer: Buffer | null): buffer is Buffer & { memory: Memory } =>
    buffer !== null && buffer.owner === owner && buffer.memory !== undefined;
  /** The memory of an argument of a call, which may be absent. Its name is put together only for errors. */
  function memoryOf<Given extends Buffer | undefined>(plan: Plan, buffer: Given, kind: string, name = '') {
    if (buffer !== undefined && !isUsable(buffer)) {
      throw refusal(`Cell '${plan.cell.name}': ${kind}${name}`, buffer, owner);
    }
    return buffer?.memory as Given extends Buffer ? Memory : undefined;
  }
  // Written out: spreading the inputs would take 3 µs, a fifth of a step of 128 units.
  const bareInputs = (plan: Plan, inputs: SequenceInputs<Buffer>): AllOf<SequenceInputs<Memory>> => ({
    batch: inputs.batch,
    timesteps: inputs.timesteps,
    maskedOutput: inputs.maskedOutput,
    reverse: inputs.reverse,
    lengths: inputs.lengths,
    timeMajor: inputs.timeMajor,
    x: memoryOf(plan, inputs.x, 'x'),
    parameters: inputs.parameters.map((buffer, i) => memoryOf(plan, buffer, '', plan.parameters[i]?.name)),
    initialStates: inputs.initialStates?.map((buffer, i) =>
      memoryOf(plan, buffer, 'the initial state ', plan.states[i]),
    ),
    mask: memoryOf(plan, inputs.mask, 'mask'),
    recurrentMasks: inputs.recurrentMasks?.map((buffer, i) =>
      memoryOf(plan, buffer, 'the recurrent mask of ', plan.recurrentMasks[i]?.block),
    ),
  });
  return {
    name: bare.name,
    upload: (values) => {
      if (values?.[Symbol.toStringTag] !== 'Float32Array') {
        throw new TypeError(`upload takes a Float32Array, but was given ${described(values)}.`);
      }
      return own(bare.upload(values));
    },
    download: async (buffer) => {
      if (!isUsable(buffer)) throw refusal('download: the buffer', buffer, owner);
      return bare.download(buffer.memory);
    },
    release: (buffer) => {
      if (!isUsable(buffer)) throw refusal('release: the buffer', buffer, owner);
      const { memory } = buffer;
      (buffer as Buffer).memory = undefined;
      bare.release(memory);
    },
    savedLength: bare.savedLength,
    forward: (plan, inputs, keep) => {
      checkNames(plan, inputs);
      const result = bare.forward(plan, bareInputs(plan, inputs), keep);
      if (result === undefined)
        throw new TypeError(`The backend ${bare.name} returned no result of forward.`);
      const saved = result.saved && own(result.saved);
      if (saved) passes.set(saved, passOf(inputs));
      const states = ownAll(plan, 'final states', result.states, plan.states.length);
      return { sequence: own(result.sequence), states, saved };
    },
    gradient: (plan, inputs, result, cotangents) => {
      checkNames(plan, inputs);
      const kept = result.saved && passes.get(result.saved);
      if (kept) checkSamePass(plan, kept, passOf(inputs));
      const { x, parameters, initialStates } = bare.gradient(
        plan,
        bareInputs(plan, inputs),
        {
          sequence: memoryOf(plan, result.sequence, 'the sequence of the forward pass'),
          states: [],
          saved: memoryOf(plan, result.saved, 'what the forward pass has kept'),
        },
        {
          sequence: memoryOf(plan, cotangents.sequence, 'the cotangent of the sequence'),
          states: cotangents.states?.map((buffer, i) =>
            memoryOf(plan, buffer, 'the cotangent of ', plan.states[i]),
          ),
        },
      );
      return {
        x: own(x),
        parameters: ownAll(plan, 'gradients of parameters', parameters, plan.parameters.length),
        initialStates: ownAll(plan, 'gradients of initial states', initialStates, plan.states.length),
      };
    },
  };
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

/** The error for a value that is no usable buffer, with advice. */
function refusal(what: string, given: unknown, { name }: Owner): TypeError {
  if (given instanceof OwnedBuffer) {
    const { owner, memory } = given;
    if (memory === undefined) {
      return new TypeError(`${what} has been released; release a buffer when no call needs it any more.`);
    }
    const whose = owner.name === name ? `another ${name} backend` : `the backend ${owner.name}`;
    return new TypeError(
      `${what} is a buffer of ${whose}, not of this one (${name}); download it there and upload it here.`,
    );
  }
  const isNumbers = ArrayBuffer.isView(given) || Array.isArray(given);
  const advice = isNumbers
    ? 'upload it first, with upload(values)'
    : 'buffers come from upload, forward and gradient of the same backend';
  return new TypeError(`${what} is ${described(given)}, not a buffer; ${advice}.`);
}

function described(given: unknown): string {
  if (typeof given !== 'object' || given === null) return String(given);
  const name = given.constructor?.name ?? 'object';
  return `${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name}`;
}
