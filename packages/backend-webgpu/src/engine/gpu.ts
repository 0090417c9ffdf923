import { softwareAdapter } from '@sluice/core/backend';
import { Downloads } from './downloads.js';
import { Faults } from './faults.js';
import { chooseTiling, type Tiling } from './kernels/multiply-kernel.js';
import { Loops, type WeightType } from './loops.js';
import type { Memory } from './memory.js';
import { Pipelines } from './pipelines.js';
import { addTraffic, NO_TRAFFIC, Recorder, type Traffic } from './recorder.js';
import { type Run, runCall } from './run.js';

import type { StrategyName } from './strategy.js';

export interface GpuOptions {
  /** Where temporary buffers come from. */
  readonly memory: Memory;
  /** Where buffers for results come from. */
  readonly results: Memory;
  /** Overrides the choice by sizes. */
  readonly strategy?: StrategyName | undefined;
  /** The type that weights multiplying states are rounded to, if the device supports it. Default `float32`. */
  readonly weightType?: WeightType | undefined;
  /** Called before each submission, to submit work that must run first. */
  readonly beforeSubmit?: () => void;
}

/** A device with its pipelines, loops, faults and pending downloads. */
export class Gpu {
  readonly pipelines: Pipelines;
  readonly loops: Loops;
  readonly faults: Faults;
  readonly downloads: Downloads;
  /** The tiling of matrix products. */
  readonly tiling: Tiling;
  /** The type that weights multiplying states are rounded to. */
  readonly weightType: WeightType;
  private total = NO_TRAFFIC;

  constructor(
    readonly device: GPUDevice,
    private readonly options: GpuOptions,
  ) {
    this.pipelines = new Pipelines(device);
    // Older browsers have no `adapterInfo`.
    const isSoftware = softwareAdapter(device.adapterInfo ?? {}) !== undefined;
    const traits = { limits: device.limits, isSoftware, subgroups: device.features.has('subgroups') };
    this.weightType =
      options.weightType === 'float16' && device.features.has('shader-f16') ? 'float16' : 'float32';
    this.loops = new Loops(traits, options.strategy, this.weightType);
    this.tiling = chooseTiling(traits);
    this.faults = new Faults(device);
    this.downloads = new Downloads(device, this.faults, (downloadedBytes) => this.count({ downloadedBytes }));
  }

  /** Counts of all work so far. */
  get traffic(): Traffic {
    return this.total;
  }

  /** Adds to the counts. */
  count(more: Partial<Traffic>): void {
    this.total = addTraffic(this.total, more);
  }

  /** Allocates a buffer. @throws RangeError when the device cannot bind `length` numbers as one array. */
  allocate(from: Memory, length: number): GPUBuffer {
    const most = this.device.limits.maxStorageBufferBindingSize;
    if (4 * length > most) {
      throw new RangeError(
        `An array of ${length} numbers takes ${4 * length} bytes, but this device binds at most ${most} ` +
          '(maxStorageBufferBindingSize): use a smaller batch, shorter sequences, or the device of requestDevice(), ' +
          'which has the largest limits of its adapter.',
      );
    }
    const buffer = from.allocate(length);
    this.faults.renew(buffer);
    return buffer;
  }

  /**
   * Records one call's work and submits it.
   *
   * @param name the name of the call in errors.
   * @throws Error when the device is lost, or for an error of an earlier call.
   */
  run<Result>(name: string, record: (run: Run) => Result): Result {
    this.faults.check();
    const { memory, results, beforeSubmit } = this.options;
    const recorder = new Recorder(this.device, this.pipelines);
    const submit = (filled: readonly GPUBuffer[]) => {
      this.downloads.start();
      beforeSubmit?.();
      this.faults.watch(name, () => recorder.submit(), filled);
      this.count(recorder.traffic);
    };
    const allocate = (from: Memory, length: number) => this.allocate(from, length);
    return runCall({ recorder, tiling: this.tiling, memory, results, allocate, submit }, record);
  }
}
