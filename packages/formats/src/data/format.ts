/** What a format is: how it is recognised, read and written. A reader or writer imports only this file. */
import type { OpenedSource, SourceOptions } from '../bytes/source.js';
import type { FormatName, ModelFile } from './layers.js';

/** What weights alone do not say. Without an option the library's default is assumed, and the file's `notes` say so. */
export interface AssumedOptions {
  /** The `nonlinearity` of PyTorch's `nn.RNN`. Default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu';
  /** Whether SRU layers of asappresearch/sru are bidirectional. Default false. */
  readonly bidirectional?: boolean;
  /** Whether SRU layers as wide as their input have a highway (`has_skip_term`). Default true. */
  readonly highway?: boolean;
  /** The activation of SRU layers (`use_tanh`). Default `linear`. */
  readonly activation?: 'linear' | 'tanh';
  /** Whether SRU layers with layer normalisation that are as wide as their input normalise their output. Default false. */
  readonly normalizeAfter?: boolean;
}

export interface ReadOptions extends SourceOptions {
  /** Options of layers that the file does not hold. */
  readonly assume?: AssumedOptions;
}

/** The module that reads a format. */
export interface FormatModule {
  /** Reads an opened file. @throws FormatError when the file is damaged or holds something that cannot be run. */
  readonly read: (source: OpenedSource, options: ReadOptions) => ModelFile | Promise<ModelFile>;
}

/** Writes a model. @throws FormatError when the format cannot hold it. */
export type WriteFormat = (model: ModelFile, options: WriteOptions) => WrittenFiles | Promise<WrittenFiles>;

/** The bytes of each file by its name. The first one is the file to open. */
export type WrittenFiles = ReadonlyMap<string, Uint8Array>;

export interface WriteOptions {
  /** The name of the files, without ending. Default `model`. */
  readonly name?: string;
  /** Store float weights in 16 or 8 bits. Default: as they are. */
  readonly quantize?: 'float16' | 'int8';
}

/** How files of a format are known and read. */
export interface Reader {
  readonly name: FormatName;
  /** Whether the content is of this format. */
  readonly recognise: (bytes: Uint8Array) => boolean;
  /** Loads the module that reads it. */
  readonly load: () => Promise<FormatModule>;
}
