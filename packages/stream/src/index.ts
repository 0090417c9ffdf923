/** Networks frame by frame: `createStream`, and `compileStream` for other threads, AudioWorklets and files. */
export { type CompareOptions, compareQuantized, type QuantizedComparison } from './compare-quantized.js';
export { type CompileOptions, compileStream } from './compile-stream.js';
export { createStream, type StreamOptions } from './create-stream.js';
export type { StreamSource, StreamWeights } from './prepare.js';
export type { Quantize } from './quantize.js';
export { compileModule, createStreamSync, type Place, type StreamModel } from './runtime.js';
export { Stream } from './stream.js';
