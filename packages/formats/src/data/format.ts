/** What a format is: how it is recognised, read and written. A reader or writer imports only this file. */
import type { OpenedSource } from '../bytes/source.js';
import type { FormatName, ModelFile } from './layers.js';

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
