/** The numbers of instructions and types in WebAssembly's binary format, by the names of its specification. */

export const BLOCK = 0x02;
export const LOOP = 0x03;
export const END = 0x0b;
export const BRANCH_IF = 0x0d;
export const CALL = 0x10;
export const LOCAL_GET = 0x20;
export const LOCAL_SET = 0x21;
export const I32_LOAD = 0x28;
export const I32_CONST = 0x41;
export const I32_EQUALS_ZERO = 0x45;
export const I32_LESS_THAN_UNSIGNED = 0x49;
export const I32_ADD = 0x6a;

/** Before the number of an instruction on vectors. */
export const SIMD = 0xfd;
export const V128_LOAD = 0x00;
export const V128_LOAD_SPLAT = 0x09;
export const V128_STORE = 0x0b;
export const V128_CONST = 0x0c;
export const V128_STORE_LANE = 0x5a;
export const V128_LOAD_ZERO = 0x5c;

/** The type of a block without a result. */
export const NO_RESULT = 0x40;
