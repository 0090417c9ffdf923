import { relaxedSimd } from 'wasm-feature-detect';

/** With the factor and the summand they fill 14 of the 16 registers of x86. */
const ACCUMULATORS = 12;
/** Each iteration updates every accumulator so many times, so that counting iterations costs nothing. */
const UNROLLED = 8;
const FLOPS = ACCUMULATORS * UNROLLED * 4 * 2;

/** WebAssembly SIMD on one thread, with relaxed SIMD's multiply-add where the runtime has it, as in Sluice's kernels. */
export async function wasmRegisterLoop() {
  const bytes = registerLoopModule(await relaxedSimd());
  const { instance } = await WebAssembly.instantiate(bytes);
  const run = instance.exports.run as (iterations: number) => number;
  return { flopsPerIteration: FLOPS, run: async (iterations: number) => run(iterations) };
}

// Opcodes of WebAssembly's binary format: webassembly.github.io/spec/core/binary
const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];
const [LOOP, BR_IF, END, EMPTY] = [0x03, 0x0d, 0x0b, 0x40];
const [LOCAL_GET, LOCAL_SET, LOCAL_TEE, I32_CONST, I32_SUB] = [0x20, 0x21, 0x22, 0x41, 0x6b];
const F32_CONST = 0x43;
const [SPLAT, FIRST_LANE] = [
  [0xfd, 0x13],
  [0xfd, 0x1f, 0],
];
const [ADD, MUL, RELAXED_MADD] = [
  [0xfd, 0xe4, 0x01],
  [0xfd, 0xe6, 0x01],
  [0xfd, 0x85, 0x02],
];

/** Local variables; the parameter, the number of iterations, is variable 0. */
const FACTOR = 1;
const SUMMAND = 2;
const accumulators = Array.from({ length: ACCUMULATORS }, (_, i) => SUMMAND + 1 + i);

/** The bytes of a module with one function `run(iterations: i32): f32`. */
function registerLoopModule(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const multiplyAdd = relaxed
    ? [LOCAL_GET, FACTOR, LOCAL_GET, SUMMAND, ...RELAXED_MADD]
    : [LOCAL_GET, FACTOR, ...MUL, LOCAL_GET, SUMMAND, ...ADD];
  const round = accumulators.flatMap((local) => [LOCAL_GET, local, ...multiplyAdd, LOCAL_SET, local]);
  const set = (local: number, value: number) => [...constant(value), ...SPLAT, LOCAL_SET, local];
  const [first, ...others] = accumulators;
  const code = [
    ...set(FACTOR, 0.999),
    ...set(SUMMAND, 0.001),
    ...accumulators.flatMap((local) => set(local, local / 16)),
    ...[LOOP, EMPTY],
    ...Array.from({ length: UNROLLED }, () => round).flat(),
    ...[LOCAL_GET, 0, I32_CONST, 1, I32_SUB, LOCAL_TEE, 0, BR_IF, 0],
    END,
    // Returns the sum, so that compilers do not remove the loop.
    ...[LOCAL_GET, first, ...others.flatMap((local) => [LOCAL_GET, local, ...ADD]), ...FIRST_LANE],
    END,
  ];
  const locals = [1, SUMMAND + ACCUMULATORS, V128];
  const body = [...locals, ...code];
  const name = [...new TextEncoder().encode('run')];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 1, F32]),
    ...section(3, [1, 0]),
    ...section(7, [1, name.length, ...name, 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

const section = (id: number, contents: readonly number[]) => [id, ...unsigned(contents.length), ...contents];

const constant = (value: number) => [F32_CONST, ...new Uint8Array(Float32Array.of(value).buffer)];

/** An unsigned LEB128 number. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}
