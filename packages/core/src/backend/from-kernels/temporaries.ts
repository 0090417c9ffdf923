import type { AnyKernels } from './matrices.js';

/** Memory that is given back when a call is over. */
export class Temporaries<Memory> {
  private readonly taken: Memory[] = [];
  constructor(private readonly kernels: AnyKernels<Memory>) {}

  /** Room for `length` numbers, whatever they are. */
  readonly allocate = (length: number): Memory => this.keep(this.kernels.allocate(length));
  /** Room for `length` numbers, all 0. */
  readonly zeros = (length: number): Memory => this.keep(this.kernels.zeros(length));

  release(): void {
    for (const memory of this.taken) this.kernels.release(memory);
  }

  private keep(memory: Memory): Memory {
    this.taken.push(memory);
    return memory;
  }
}
