/** The part of jsfive that is used; the package has no types. */
declare module 'jsfive' {
  export class Dataset {
    readonly name: string;
    readonly shape: readonly number[] | undefined;
    readonly dtype: unknown;
    readonly attrs: Readonly<Record<string, unknown>>;
    readonly value: ArrayLike<number> | undefined;
  }
  export class Group {
    readonly name: string;
    readonly keys: readonly string[];
    readonly attrs: Readonly<Record<string, unknown>>;
    get(path: string): Group | Dataset | undefined;
  }
  export class File extends Group {
    constructor(buffer: ArrayBuffer, filename: string);
  }
}
