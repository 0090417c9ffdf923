/** The formats: how each is recognised and which module reads it. A reader is loaded when a file needs it. */
import type { OpenedSource } from './bytes/source.js';
import type { FormatName, ModelFile } from './data/layers.js';
import { isOnnx } from './onnx/recognise.js';

/** The module of a format. */
export interface FormatModule {
  /** Reads an opened file. @throws FormatError when the file is damaged or holds something that cannot be run. */
  readonly read: (source: OpenedSource) => ModelFile | Promise<ModelFile>;
  /** Writes a model. @throws FormatError when the format cannot hold it. */
  readonly write?: (model: ModelFile, options: WriteOptions) => WrittenFiles | Promise<WrittenFiles>;
}

/** The bytes of each file by its name. The first one is the file to open. */
export type WrittenFiles = ReadonlyMap<string, Uint8Array>;

export interface WriteOptions {
  /** The name of the files, without ending. Default `model`. */
  readonly name?: string;
  /** Store float weights in 16 or 8 bits. Default: as they are. */
  readonly quantize?: 'float16' | 'int8';
}

export interface Format {
  readonly name: FormatName;
  /** The name for users. */
  readonly label: string;
  /** The usual endings of its files. */
  readonly endings: readonly string[];
  /** Whether the content is of this format. */
  readonly recognise: (bytes: Uint8Array) => boolean;
  readonly load: () => Promise<FormatModule>;
}

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
