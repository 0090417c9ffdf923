import type { Heap } from '../heap.js';
import type { RunProgram } from '../threads/chunks.js';

/** Bytes before a module's bytes: its number, by which a worker recognises another program at the same address. */
const HEADER = 4;
/** The most modules that a worker keeps compiled. It does not learn which of them are garbage. */
const MOST_IN_WORKER = 256;

/** The place of a module's bytes for workers. Without workers, the address is only a number, and no bytes are there. */
export interface Code {
  readonly address: number;
  readonly length: number;
}

/** The functions of compiled programs, by the address of their code. Code is released when its function is garbage. */
export interface ProgramCode {
  /** The number of programs that are not known to be garbage. */
  count(): number;
  /** The function of a program that is in use. */
  at(address: number): RunProgram;
  keep(bytes: Uint8Array, run: RunProgram): Code;
}

/** @param shared the memory for the bytes of modules, where workers need them. */
export function programCode(shared: Heap | null): ProgramCode {
  const runs = new Map<number, WeakRef<RunProgram>>();
  const garbage = new FinalizationRegistry<number>((address) => {
    runs.delete(address);
    shared?.release(address);
  });
  let last = 0;
  return {
    count: () => runs.size,
    at: (address) => runs.get(address)?.deref() as RunProgram,
    keep(bytes, run) {
      last++;
      const address = shared ? writeCode(shared, bytes, last) : last;
      runs.set(address, new WeakRef(run));
      garbage.register(run, address);
      return { address, length: bytes.length };
    },
  };
}

function writeCode(heap: Heap, bytes: Uint8Array, number: number): number {
  const address = heap.allocate(HEADER + bytes.length);
  new Uint8Array(heap.memory.buffer, address + HEADER, bytes.length).set(bytes);
  new Int32Array(heap.memory.buffer, address, 1)[0] = number;
  return address;
}

/** For a worker: compiles the programs in the memory, each when it first runs. */
export function programsIn(memory: WebAssembly.Memory): (address: number, length: number) => RunProgram {
  const programs = new Map<number, { readonly number: number; readonly run: RunProgram }>();
  return (address, length) => {
    const [number] = new Int32Array(memory.buffer, address, 1);
    const found = programs.get(address);
    if (found?.number === number) return found.run;
    const bytes = new Uint8Array(memory.buffer, address + HEADER, length).slice();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const run = exports.run as RunProgram;
    programs.delete(address);
    if (programs.size === MOST_IN_WORKER) programs.delete(programs.keys().next().value as number);
    programs.set(address, { number, run });
    return run;
  };
}
