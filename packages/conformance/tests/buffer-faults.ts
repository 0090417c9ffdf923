import type { Plan } from '@sluice/core';
import type { SequenceCotangents, SequenceInputs, SequenceResult } from '@sluice/core/backend';
import { mapCotangents, mapInputs } from '../src/buffers.js';
import { ReferenceBackend } from './reference-backend.js';

type Inputs = SequenceInputs<Float32Array>;
type Result = SequenceResult<Float32Array>;
type Cotangents = SequenceCotangents<Float32Array>;

/** A backend whose results all live in one piece of memory. */
export class SharedResults extends ReferenceBackend {
  private readonly shared = new Float32Array(10_000);
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const result = super.forward(plan, inputs, keep);
    this.shared.set(result.sequence);
    return { ...result, sequence: this.shared.subarray(0, result.sequence.length) };
  }
}

/** A backend that keeps the array it is given. */
export class SharedUploads extends ReferenceBackend {
  override upload(values: Float32Array): Float32Array {
    return values;
  }
}

/** A backend that does something else than copying when numbers are uploaded. */
export class WrongUploads extends ReferenceBackend {
  constructor(private readonly copy: (values: Float32Array) => Float32Array) {
    super();
  }
  override upload(values: Float32Array): Float32Array {
    return this.copy(values);
  }
}

/** A backend that reads a buffer some time after it was asked to, and whose released memory is used again. */
export class LateDownloads extends ReferenceBackend {
  override async download(buffer: Float32Array): Promise<Float32Array> {
    await Promise.resolve();
    return buffer.slice();
  }
  override release(buffer: Float32Array): void {
    buffer.fill(7);
  }
}

/** A backend that hands a buffer through where nothing changes it, in the forward pass or in the gradient. */
export class HandedThrough extends ReferenceBackend {
  constructor(private readonly direction: 'forward' | 'gradient') {
    super();
  }
  /** The memory goes to somebody else. */
  override release(buffer: Float32Array): void {
    buffer.fill(7);
  }
  private isPadding({ mask }: Inputs): boolean {
    return mask?.every((used) => used === 0) ?? false;
  }
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const result = super.forward(plan, inputs, keep);
    if (this.direction === 'gradient' || !this.isPadding(inputs)) return result;
    return { ...result, states: result.states.map((state, i) => inputs.initialStates?.[i] ?? state) };
  }
  override gradient(plan: Plan, inputs: Inputs, result: Result, cotangents: Cotangents) {
    const gradient = super.gradient(plan, inputs, result, cotangents);
    if (this.direction === 'forward' || !this.isPadding(inputs)) return gradient;
    const initialStates = gradient.initialStates.map((state, i) => cotangents.states?.[i] ?? state);
    return { ...gradient, initialStates };
  }
}

/** A backend whose outputs are in an order of its own, which it knows when they are downloaded and not when they are inputs. */
export class OwnOrder extends ReferenceBackend {
  private readonly reversed = new WeakSet<Float32Array>();
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const result = super.forward(plan, inputs, keep);
    this.reversed.add(result.sequence.reverse());
    return result;
  }
  override async download(buffer: Float32Array): Promise<Float32Array> {
    return this.reversed.has(buffer) ? buffer.slice().reverse() : buffer.slice();
  }
}

/** A backend that cannot bind a buffer in two places. */
export class BindsOnce extends ReferenceBackend {
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const bound = new Set<Float32Array>();
    mapInputs(inputs, (buffer) => {
      if (bound.has(buffer)) throw new Error('a buffer is bound twice');
      return bound.add(buffer);
    });
    return super.forward(plan, inputs, keep);
  }
}

/** A backend that prepares weights once for the memory they are in, and gives released memory to the next of that length. */
export class StaleWeights extends ReferenceBackend {
  private readonly free: Float32Array[] = [];
  private readonly prepared = new Map<Float32Array, Float32Array>();
  override upload(values: Float32Array): Float32Array {
    const index = this.free.findIndex(({ length }) => length === values.length);
    if (index < 0) return values.slice();
    const [memory] = this.free.splice(index, 1);
    memory.set(values);
    return memory;
  }
  override release(buffer: Float32Array): void {
    this.free.push(buffer);
  }
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const parameters = inputs.parameters.map((weights) => {
      const prepared = this.prepared.get(weights) ?? weights.slice();
      this.prepared.set(weights, prepared);
      return prepared;
    });
    return super.forward(plan, { ...inputs, parameters }, keep);
  }
}

/** A backend that counts its buffers. @param frees whether `release` does what it should */
export class Counting extends ReferenceBackend {
  private readonly buffers = new Set<Float32Array>();
  constructor(private readonly frees = true) {
    super();
  }
  get live(): number {
    return this.buffers.size;
  }
  private made<Of extends Float32Array | undefined>(buffer: Of): Of {
    if (buffer) this.buffers.add(buffer);
    return buffer;
  }
  override upload(values: Float32Array): Float32Array {
    return this.made(super.upload(values));
  }
  override release(buffer: Float32Array): void {
    if (this.frees) this.buffers.delete(buffer);
  }
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    const result = super.forward(plan, inputs, keep);
    for (const buffer of [result.sequence, ...result.states, result.saved]) this.made(buffer);
    return result;
  }
  override gradient(plan: Plan, inputs: Inputs, result: Result, cotangents: Cotangents) {
    const gradient = super.gradient(plan, inputs, result, cotangents);
    for (const buffer of [gradient.x, ...gradient.parameters, ...gradient.initialStates]) this.made(buffer);
    return gradient;
  }
}

/** A backend that keeps a buffer in calls with a property, or in calls that it refuses. */
export class Leaking extends Counting {
  constructor(private readonly leaks: (inputs: Inputs) => boolean) {
    super();
  }
  override forward(plan: Plan, inputs: Inputs, keep?: boolean): Result {
    if (this.leaks(inputs)) this.upload(new Float32Array(1));
    return super.forward(plan, inputs, keep);
  }
}

/** Backends that all work on one memory: each numbers its buffers from 0 on. */
const memory = new Map<number, Float32Array>();

/** A backend whose instances share their memory by mistake. */
export class OneMemory {
  readonly name = 'one memory';
  private readonly reference = new ReferenceBackend();
  private next = 0;

  readonly savedLength = this.reference.savedLength;
  upload(values: Float32Array): number {
    memory.set(this.next, values.slice());
    return this.next++;
  }
  async download(buffer: number): Promise<Float32Array> {
    return this.read(buffer).slice();
  }
  release(_buffer: number): void {}
  forward(plan: Plan, inputs: SequenceInputs<number>, keep?: boolean): SequenceResult<number> {
    const { sequence, states, saved } = this.reference.forward(plan, mapInputs(inputs, this.read), keep);
    return {
      sequence: this.upload(sequence),
      states: states.map((state) => this.upload(state)),
      saved: saved && this.upload(saved),
    };
  }
  gradient(
    plan: Plan,
    inputs: SequenceInputs<number>,
    { saved }: SequenceResult<number>,
    cotangents: SequenceCotangents<number>,
  ) {
    const result = {
      sequence: new Float32Array(0),
      states: [],
      saved: saved === undefined ? undefined : this.read(saved),
    };
    const given = mapInputs(inputs, this.read);
    const gradient = this.reference.gradient(plan, given, result, mapCotangents(cotangents, this.read));
    return {
      x: this.upload(gradient.x),
      parameters: gradient.parameters.map((values) => this.upload(values)),
      initialStates: gradient.initialStates.map((values) => this.upload(values)),
    };
  }
  private readonly read = (buffer: number): Float32Array => memory.get(buffer) ?? new Float32Array(0);
}
