import type { Heap } from '../heap.js';
import type { RunProgram } from '../threads/chunks.js';

/** Bytes in front of a module's: its number, by which a worker tells it from one that was at the same address before. */
const HEADER = 4;
/** Modules that a worker keeps compiled at most: it does not learn which of them are garbage. */
const MOST_IN_WORKER = 256;

/** Where workers find a module's bytes; without workers a number of its own, and nothing there. */
export interface Code {
  readonly address: number;
  readonly length: number;
}

/** The functions of compiled programs by their code, which is given up when the function is garbage. */
export class ProgramCode {
  private readonly runs = new Map<number, WeakRef<RunProgram>>();
  private readonly garbage = new FinalizationRegistry<number>((address) => {
    this.runs.delete(address);
    this.shared?.release(address);
  });
  private made = 0;

  /** @param shared the memory for the bytes of modules, where workers need them. */
  constructor(private readonly shared: Heap | null) {}

  /** How many programs are not yet known to be garbage. */
  get size(): number {
    return this.runs.size;
  }

  /** The function of a program in use. */
  at(address: number): RunProgram {
    return this.runs.get(address)?.deref() as RunProgram;
  }

  keep(bytes: Uint8Array, run: RunProgram): Code {
    const number = ++this.made;
    const address = this.shared === null ? number : writeCode(this.shared, bytes, number);
    this.runs.set(address, new WeakRef(run));
    this.garbage.register(run, address);
    return { address, length: bytes.length };
  }
}

function writeCode(heap: Heap, bytes: Uint8Array, number: number): number {
  const address = heap.allocate(HEADER + bytes.length);
  new Uint8Array(heap.memory.buffer, address + HEADER, bytes.length).set(bytes);
  new Int32Array(heap.memory.buffer, address, 1)[0] = number;
  return address;
}

/** For a worker: compiles the programs whose code lies in the memory, each when it is first run. */
export function programsIn(memory: WebAssembly.Memory): (address: number, length: number) => RunProgram {
  const known = new Map<number, { readonly number: number; readonly run: RunProgram }>();
  return (address, length) => {
    const [number] = new Int32Array(memory.buffer, address, 1);
    const found = known.get(address);
    if (found?.number === number) return found.run;
    const bytes = new Uint8Array(memory.buffer, address + HEADER, length).slice();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const run = exports.run as RunProgram;
    known.delete(address);
    if (known.size === MOST_IN_WORKER) known.delete(known.keys().next().value as number);
    known.set(address, { number, run });
    return run;
  };
}
