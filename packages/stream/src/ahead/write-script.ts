import { widenFloat16 } from '../float16.js';
import { Stream } from '../stream.js';
import { streamsIn } from '../wasm-streams.js';
import { moduleStreams } from './module-streams.js';

/** A module to import, or a script for a page that sets a variable. */
export type ScriptFormat = 'esm' | 'iife';

/** The name of a network, and its sizes. */
export interface ScriptSizes {
  readonly name: string;
  readonly inputSize: number;
  readonly outputSize: number;
}

/**
 * The program that runs a compiled network. It has the text of the package's own classes and functions, which refer to nothing
 * outside of themselves.
 */
export function writeScript({ name, inputSize, outputSize }: ScriptSizes, format: ScriptFormat): string {
  const parts = `const Stream = ${textOf(Stream)};
const streamsIn = ${textOf(streamsIn)};
const widenFloat16 = ${textOf(widenFloat16)};
const moduleStreams = ${textOf(moduleStreams)};
const inputSize = ${inputSize};
const outputSize = ${outputSize};
const expected = { name: '${name}', inputSize, outputSize };
const { createStream, loadStream } = moduleStreams(Stream, streamsIn, widenFloat16, expected);`;
  const names = 'createStream, inputSize, loadStream, outputSize';
  const head = `// Written by \`sluice compile\`: the network '${name}', ${inputSize} numbers in, ${outputSize} out.\n`;
  return format === 'esm'
    ? `${head}${parts}\nexport { ${names} };\n`
    : `${head}var ${name} = (() => {\n${parts}\nreturn { ${names} };\n})();\n`;
}

/** The text of a function or class, without comments that fill lines. */
const textOf = (part: { toString(): string }): string =>
  part.toString().replace(/^\s*(\/\*\*.*|\*.*|\/\/.*)\n/gm, '');

/** The declarations of `writeScript`'s program. */
export function writeDeclarations(
  { name, inputSize, outputSize }: ScriptSizes,
  format: ScriptFormat,
  beside: boolean,
): string {
  const weights = (type: string) => (beside ? `, weights: ${type}` : '');
  const exported = format === 'esm' ? 'export ' : '';
  const declared = format === 'esm' ? 'export declare ' : '';
  const members = `/** The numbers of a frame. */
${declared}const inputSize: ${inputSize};
/** The numbers of a result. */
${declared}const outputSize: ${outputSize};
/** A network that computes one frame after the other and keeps its states. */
${exported}interface Stream {
  readonly inputSize: number;
  readonly outputSize: number;
  /**
   * Computes one frame of ${inputSize} numbers. The result is always the same array, which the next frame overwrites.
   * @throws RangeError when the frame has another length, or a number that is not finite.
   */
  process(frame: ArrayLike<number>): Float32Array;
  /** Sets all states to zeros. */
  reset(): void;
  /** A copy of all states. */
  snapshot(): Float32Array;
  /** Sets all states to those of a snapshot. */
  restore(snapshot: ArrayLike<number>): void;
  /** Another stream with the same weights, and states of zeros. */
  another(): Stream;
  /** Frees the memory of the states. */
  dispose(): void;
}
${exported}type BytesSource = BufferSource | Response | PromiseLike<BufferSource | Response>;
/** A stream of the compiled module, at once. @throws TypeError when the files do not belong together. */
${declared}function createStream(module: WebAssembly.Module${weights('BufferSource')}): Stream;
/** Compiles the module and starts a stream of it: \`await loadStream(fetch('${name}.wasm')${beside ? `, fetch('${name}.weights')` : ''})\`. */
${declared}function loadStream(source: BytesSource | WebAssembly.Module${weights('BytesSource')}): Promise<Stream>;
`;
  return format === 'esm' ? members : `declare namespace ${name} {\n${members.replace(/^(?=.)/gm, '  ')}}\n`;
}
