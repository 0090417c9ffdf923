/** The fixed kernels: `float32` numbers in the imported memory, addresses in bytes. */
export { multiply, scratchBytes } from './multiply';
export { multiplyUnpacked } from './multiply-unpacked';
export { makeOrthonormal } from './orthonormal';
export { pack } from './pack';
export { runRows } from './row-operations';
export { addRow, clear, copyRows, gatherRows, keepNaN, segmentSum } from './rows';
