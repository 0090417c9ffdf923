import { damaged } from './format-error.js';

/** Reads little-endian numbers and texts from bytes, and refuses to read beyond their end. */
export class ByteReader {
  position = 0;
  private readonly view: DataView;

  /** @param file the name of the file, for errors. */
  constructor(
    readonly bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  /** Moves on by a number of bytes and returns where they start. */
  private advance(length: number): number {
    if (!(Number.isSafeInteger(length) && length >= 0 && length <= this.remaining)) {
      throw damaged(
        this.file,
        `${length} bytes were expected at byte ${this.position}, but only ${this.remaining} follow`,
      );
    }
    const start = this.position;
    this.position += length;
    return start;
  }

  uint8 = (): number => this.view.getUint8(this.advance(1));
  uint16 = (): number => this.view.getUint16(this.advance(2), true);
  uint32 = (): number => this.view.getUint32(this.advance(4), true);
  int32 = (): number => this.view.getInt32(this.advance(4), true);

  /** A 64-bit length or offset, which must be a whole number that JavaScript can hold. */
  uint64(): number {
    const value = this.view.getBigUint64(this.advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw damaged(this.file, `the number ${value} before byte ${this.position} is too large for a length`);
    }
    return Number(value);
  }

  /** The next bytes, not copied. */
  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }
}

/** A text in UTF-8. @throws FormatError when the bytes are no text. */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged(file, 'a text in it is not UTF-8');
  }
}
