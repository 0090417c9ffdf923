/** Networks frame by frame: `createStream`, and `compileStream` for other threads, AudioWorklets and files. */
export { compileStream, type StreamSource, type StreamWeights } from './compile-stream.js';
export { createStream, type StreamOptions } from './create-stream.js';
export { compileModule, createStreamSync, type Place, type StreamModel } from './runtime.js';
export { Stream } from './stream.js';
