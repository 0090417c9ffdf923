/** The formats: how each is recognised and which module reads it. A reader is loaded when a file needs it. */
import type { Format } from './data/format.js';
import { isOnnx } from './onnx/recognise.js';

export type { Format, FormatModule, WriteOptions, WrittenFiles } from './data/format.js';

const startsWith = (bytes: Uint8Array, ...start: number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/** In the order in which they are tried. */
export const formats: readonly Format[] = [
  {
    name: 'onnx',
    label: 'ONNX',
    endings: ['.onnx'],
    recognise: isOnnx,
    load: async () => ({ ...(await import('./onnx/read.js')), ...(await import('./onnx/write.js')) }),
  },
];

/** The format of a file by its content, not by its name. */
export const recogniseFormat = (bytes: Uint8Array): Format | undefined =>
  formats.find((format) => format.recognise(bytes));

export const isZip = (bytes: Uint8Array): boolean => startsWith(bytes, 0x50, 0x4b, 3, 4);
export const isHdf5 = (bytes: Uint8Array): boolean =>
  startsWith(bytes, 0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10);
