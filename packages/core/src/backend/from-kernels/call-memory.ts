import type { Kernels } from '../kernels.js';

/**
 * What a call takes of a device until it is over. A call that throws, most often for want of memory, would otherwise
 * keep all it had taken, and smaller calls after it would fail too.
 */
export class CallMemory<Memory, Right, Compiled> {
  /** The device's kernels; what they give out and take back is noted. */
  readonly kernels: Kernels<Memory, Right, Compiled>;
  // Arrays, and no rest parameters: sets would take 6 % of a step of 128 units.
  private readonly taken: Memory[] = [];
  private readonly released: Memory[] = [];
  private readonly takenRights: Right[] = [];
  private readonly releasedRights: Right[] = [];

  constructor(private readonly device: Kernels<Memory, Right, Compiled>) {
    const { taken, released, takenRights, releasedRights } = this;
    this.kernels = {
      ...device,
      allocate: (length) => note(taken, device.allocate(length)),
      zeros: (length) => note(taken, device.zeros(length)),
      release: (memory) => device.release(note(released, memory)),
      prepare: (matrix, rows, depth, columns) =>
        note(takenRights, device.prepare(matrix, rows, depth, columns)),
      prepareWeights: (matrix, rows, depth, columns) =>
        note(takenRights, device.prepareWeights(matrix, rows, depth, columns)),
      releaseRight: (right) => device.releaseRight(note(releasedRights, right)),
    };
  }

  /** Runs a call; when it throws, everything that it took and did not give back is given back. */
  run<Result>(call: () => Result): Result {
    const { taken, released, takenRights, releasedRights } = this;
    try {
      return call();
    } catch (error) {
      for (const right of takenRights) if (!releasedRights.includes(right)) this.device.releaseRight(right);
      for (const memory of taken) if (!released.includes(memory)) this.device.release(memory);
      throw error;
    } finally {
      for (const list of [taken, released, takenRights, releasedRights]) list.length = 0;
    }
  }
}

/** Adds an item to a list and returns it. */
function note<Item>(items: Item[], item: Item): Item {
  items.push(item);
  return item;
}
