import { softwareAdapter } from '@sluice/core/backend';
import { Downloads } from './downloads.js';
import { Faults } from './faults.js';
import { type Tiling, tilingFor } from './kernels/multiply-kernel.js';
import type { Memory } from './memory.js';
import { Pipelines } from './pipelines.js';
import { Recorder } from './recorder.js';
import type { Run } from './run.js';
import { Loops, type WeightType } from './run-loop.js';
import type { StrategyName } from './strategy.js';
import { addTraffic, NO_TRAFFIC, type Traffic } from './traffic.js';

export interface GpuOptions {
  /** Where temporary buffers come from. */
  readonly memory: Memory;
  /** Where buffers for results come from. */
  readonly results: Memory;
  /** Overrides the choice by size. */
  readonly strategy?: StrategyName | undefined;
  /** What the weights that multiply states are rounded to, where the device has such numbers. Default `float32`. */
  readonly weightType?: WeightType | undefined;
  /** Is called before work is submitted, to submit what must come first. */
  readonly before?: () => void;
}

/** A device with everything that is kept for it. */
export class Gpu {
  readonly pipelines: Pipelines;
  readonly loops: Loops;
  readonly faults: Faults;
  readonly downloads: Downloads;
  /** How matrix products are dealt out. */
  readonly tiling: Tiling;
  /** What the weights that multiply states are rounded to. */
  readonly weightType: WeightType;
  private total = NO_TRAFFIC;

  constructor(
    readonly device: GPUDevice,
    private readonly options: GpuOptions,
  ) {
    this.pipelines = new Pipelines(device);
    // Older browsers do not tell what a device's adapter is.
    const isSoftware = softwareAdapter(device.adapterInfo ?? {}) !== undefined;
    const traits = { limits: device.limits, isSoftware, subgroups: device.features.has('subgroups') };
    this.weightType =
      options.weightType === 'float16' && device.features.has('shader-f16') ? 'float16' : 'float32';
    this.loops = new Loops(traits, options.strategy, this.weightType);
    this.tiling = tilingFor(traits);
    this.faults = new Faults(device);
    this.downloads = new Downloads(device, this.faults, (downloadedBytes) => this.count({ downloadedBytes }));
  }

  /** All that has been submitted so far. */
  get traffic(): Traffic {
    return this.total;
  }

  /** Notes what has been submitted. */
  count(more: Partial<Traffic>): void {
    this.total = addTraffic(this.total, more);
  }

  /** A buffer for a new use. @throws RangeError when the device cannot bind so many numbers as one array. */
  allocate(from: Memory, length: number): GPUBuffer {
    const most = this.device.limits.maxStorageBufferBindingSize;
    if (4 * length > most) {
      throw new RangeError(
        `An array of ${length} numbers takes ${4 * length} bytes, but this device binds at most ${most} ` +
          '(maxStorageBufferBindingSize): take a smaller batch or shorter sequences, or a device with larger limits, ' +
          'as requestDevice() asks for them.',
      );
    }
    const buffer = from.allocate(length);
    this.faults.renew(buffer);
    return buffer;
  }

  /** Begins one call's work. @throws Error when the device is lost, or for what went wrong before. */
  begin(): Run {
    this.faults.check();
    const { memory, results, before } = this.options;
    const recorder = new Recorder(this.device, this.pipelines);
    const temporaries: GPUBuffer[] = [];
    const filled: GPUBuffer[] = [];
    const giveBack = () => {
      for (const buffer of temporaries) memory.release(buffer);
    };
    const take = (from: Memory, list: GPUBuffer[], length: number) => {
      try {
        const buffer = this.allocate(from, length);
        list.push(buffer);
        return buffer;
      } catch (error) {
        giveBack();
        for (const buffer of filled) results.release(buffer);
        throw error;
      }
    };
    return {
      recorder,
      tiling: this.tiling,
      temporary: (length) => take(memory, temporaries, length),
      result: (length) => ({ buffer: take(results, filled, length), length }),
      submit: (name) => {
        this.downloads.start();
        before?.();
        this.faults.watch(name, () => recorder.submit(), filled);
        this.count(recorder.traffic);
        giveBack();
      },
    };
  }
}
