import type { Plan } from '@sluice/core';
import type {
  Backend,
  SequenceCotangents,
  SequenceGradient,
  SequenceInputs,
  SequenceResult,
} from '@sluice/core/backend';
import { mapCotangents, mapInputs, namedGradient, namedResults } from './buffers.js';
import type { Problem } from './problem.js';

/** Results of a device, by name. */
export type Downloaded = Readonly<Record<string, Float32Array>>;

/** A backend that records its buffers, so that all can be released. */
export class Device<Buffer> {
  private readonly owned: Buffer[] = [];
  constructor(readonly backend: Backend<Buffer>) {}

  readonly upload = (values: Float32Array): Buffer => this.own(this.backend.upload(values));

  forward(plan: Plan, inputs: SequenceInputs<Buffer>, keep?: boolean): SequenceResult<Buffer> {
    const result = this.backend.forward(plan, inputs, keep);
    for (const buffer of [result.sequence, ...result.states]) this.own(buffer);
    if (result.saved !== undefined) this.own(result.saved);
    return result;
  }

  gradient(
    plan: Plan,
    inputs: SequenceInputs<Buffer>,
    result: SequenceResult<Buffer>,
    cotangents: SequenceCotangents<Buffer>,
  ): SequenceGradient<Buffer> {
    const gradient = this.backend.gradient(plan, inputs, result, cotangents);
    for (const buffer of [gradient.x, ...gradient.parameters, ...gradient.initialStates]) this.own(buffer);
    return gradient;
  }

  async download(buffers: Readonly<Record<string, Buffer>>): Promise<Downloaded> {
    // All at once, since each download waits for the device.
    const downloads = Object.entries(buffers).map(
      async ([name, buffer]) => [name, checkDownloaded(name, await this.backend.download(buffer))] as const,
    );
    return Object.fromEntries(await Promise.all(downloads));
  }

  releaseAll(): void {
    for (const buffer of this.owned.splice(0)) this.backend.release(buffer);
  }

  private own(buffer: Buffer): Buffer {
    this.owned.push(buffer);
    return buffer;
  }
}

/** @throws TypeError naming the array when a download is no Float32Array */
function checkDownloaded(name: string, given: unknown): Float32Array {
  // An array of another realm is no instance of this one's class.
  const kind = Object.prototype.toString.call(given).slice('[object '.length, -1);
  if (kind === 'Float32Array') return given as Float32Array;
  throw new TypeError(`download must give a Float32Array; for '${name}' it gave: ${kind}.`);
}

/** Runs some work on a device and releases all its buffers. */
export async function onDevice<Buffer, Result>(
  backend: Backend<Buffer>,
  work: (device: Device<Buffer>) => Promise<Result>,
): Promise<Result> {
  const device = new Device(backend);
  try {
    return await work(device);
  } finally {
    device.releaseAll();
  }
}

/** The outputs and final states of a problem. */
export function forwardOn<Buffer>(backend: Backend<Buffer>, { plan, inputs }: Problem): Promise<Downloaded> {
  return onDevice(backend, (device) =>
    device.download(namedResults(plan, device.forward(plan, mapInputs(inputs, device.upload)))),
  );
}

/** The gradient of a problem. */
export function gradientOn<Buffer>(
  backend: Backend<Buffer>,
  { plan, inputs, cotangents }: Problem,
): Promise<Downloaded> {
  return onDevice(backend, (device) => {
    const uploaded = mapInputs(inputs, device.upload);
    const result = device.forward(plan, uploaded, true);
    const gradient = device.gradient(plan, uploaded, result, mapCotangents(cotangents, device.upload));
    return device.download(namedGradient(plan, gradient));
  });
}
