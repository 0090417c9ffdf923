import type { Program, ProgramRows } from '@sluice/core';
import type { FixedKernels, Variant } from '../fixed-kernels.js';
import type { Floats, Heap } from '../heap.js';
import { ENTRY_BYTES, isSum, writeProgram } from './write-program.js';

/** A pointwise program as a function in WebAssembly. */
export interface CompiledProgram {
  readonly units: number;
  readonly loads: number;
  /** For each store: its row among the sums, or −1. */
  readonly sums: readonly number[];
  readonly run: (count: number, block: number) => void;
}

/** Compiles programs for a memory and runs them. */
export class Programs {
  private block = 0;
  private blockRows = 0;
  private sums = 0;
  private sumLength = 0;
  private integers: Int32Array;

  constructor(
    private readonly heap: Heap,
    private readonly fixed: FixedKernels,
    private readonly variant: Variant,
  ) {
    this.integers = new Int32Array(heap.memory.buffer);
  }

  compile(program: Program, units: number): CompiledProgram {
    const module = new WebAssembly.Module(writeProgram(program, units, this.variant));
    const instance = new WebAssembly.Instance(module, { env: { memory: this.heap.memory } });
    let sumCount = 0;
    const sums = program.stores.map((store) => (isSum(store) ? sumCount++ : -1));
    this.reserve(program.loads.length + program.stores.length, sumCount * units);
    const run = instance.exports.run as CompiledProgram['run'];
    return { units, loads: program.loads.length, sums, run };
  }

  /** Sums over the rows are formed in rows of zeros of their own and added at the end: less rounding, better rounded. */
  run(
    { units, sums, run }: CompiledProgram,
    { loads, stores }: ProgramRows<Floats>,
    first: number,
    count: number,
  ): void {
    if (stores.length === 0) return;
    const { buffer } = this.heap.memory;
    if (this.integers.buffer !== buffer) this.integers = new Int32Array(buffer);
    const { integers } = this;
    let at = this.block >> 2;
    for (const { memory, offset, stride } of loads) {
      integers[at++] = memory.address + (offset + first * stride) * 4;
      integers[at++] = stride * 4;
    }
    for (let i = 0; i < stores.length; i++) {
      const { memory, offset, stride } = stores[i];
      const isTotal = sums[i] >= 0;
      integers[at++] = isTotal
        ? this.sums + sums[i] * units * 4
        : memory.address + (offset + first * stride) * 4;
      integers[at++] = isTotal ? 0 : stride * 4;
    }
    run(count, this.block);
    for (let i = 0; i < stores.length; i++) {
      if (sums[i] < 0) continue;
      const { memory, offset } = stores[i];
      const sum = this.sums + sums[i] * units * 4;
      this.fixed.addRow(sum, memory.address + offset * 4, units);
      this.fixed.clear(sum, units);
    }
  }

  /** Makes room for an argument block of `rows` rows and `length` numbers of sums, which are 0 between two runs. */
  private reserve(rows: number, length: number): void {
    if (rows > this.blockRows) {
      if (this.blockRows > 0) this.heap.release(this.block);
      this.block = this.heap.allocate(rows * ENTRY_BYTES);
      this.blockRows = rows;
    }
    if (length > this.sumLength) {
      if (this.sumLength > 0) this.heap.release(this.sums);
      this.sums = this.heap.allocate(length * 4);
      this.sumLength = length;
      this.fixed.clear(this.sums, length);
    }
  }
}
