import { unzipSync, type Zippable, zipSync } from 'fflate';
import { damaged, FormatError } from './format-error.js';

/** An archive may unpack to this many times its size, and to this much in any case. Model files hardly shrink. */
const MAX_RATIO = 100;
const ALWAYS_ALLOWED = 1 << 24;

/**
 * The files of a zip archive, by path. Only the ones for which `wanted` is true are unpacked.
 * @throws FormatError when the archive is damaged or would unpack to far more than its own size.
 */
export function unzip(
  bytes: Uint8Array,
  file: string,
  wanted: (path: string) => boolean = () => true,
): Map<string, Uint8Array> {
  const allowed = Math.max(ALWAYS_ALLOWED, bytes.length * MAX_RATIO);
  const sums = readChecksums(bytes, file);
  let total = 0;
  const filter = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
    if (!wanted(name) || name.endsWith('/')) return false;
    total += originalSize;
    if (total > allowed) {
      throw new FormatError(
        `${file}: the archive unpacks to more than ${MAX_RATIO} times its size, which no model does. It is not read.`,
      );
    }
    return true;
  };
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, { filter });
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw damaged(file, `the zip archive cannot be unpacked (${(error as Error).message})`);
  }
  for (const [path, content] of Object.entries(entries)) {
    const expected = sums.get(path);
    if (!expected || expected.size !== content.length || expected.crc !== crc32(content)) {
      throw damaged(file, `the checksum of ${path} is wrong`);
    }
  }
  return new Map(Object.entries(entries));
}

/** A zip archive of files, not compressed: readers map weights into memory, and floats hardly shrink. */
export function zip(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries: Zippable = {};
  // A fixed date: the same model gives the same bytes.
  for (const [path, content] of files) entries[path] = [content, { level: 0, mtime: '1980-01-01T12:00:00' }];
  return zipSync(entries);
}

/** Sizes and CRC-32 sums in the archive's directory, which fflate does not check. */
function readChecksums(bytes: Uint8Array, file: string): Map<string, { size: number; crc: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end < 0) throw damaged(file, 'the directory of the zip archive is missing');
  const sums = new Map<string, { size: number; crc: number }>();
  let at = view.getUint32(end + 16, true);
  const count = view.getUint16(end + 10, true);
  refuseZip64([count === 0xffff ? ZIP64 : 0, at], file);
  refuseOtherCount(view, end, count, at, file);
  for (let i = count; i > 0; i--) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw damaged(file, 'the directory of the zip archive is wrong');
    }
    refuseZip64(
      [20, 24, 42].map((field) => view.getUint32(at + field, true)),
      file,
    );
    const nameLength = view.getUint16(at + 28, true);
    const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (sums.has(path)) throw damaged(file, `the zip archive has two files named ${path}`);
    sums.set(path, { crc: view.getUint32(at + 16, true), size: view.getUint32(at + 24, true) });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return sums;
}

/** Stands for a number that is in an extension for archives of more than 4 GB. */
const ZIP64 = 0xffffffff;

/** In a damaged archive fflate would look for the extension without end. */
function refuseZip64(numbers: readonly number[], file: string): void {
  if (!numbers.includes(ZIP64)) return;
  throw new FormatError(
    `${file}: the archive is damaged, or larger than 4 GB, which is more than can be read.`,
  );
}

/** PyTorch's archives say everything twice, and fflate would read any number of files that the longer record names. */
function refuseOtherCount(view: DataView, end: number, count: number, start: number, file: string): void {
  if (end < 20 || view.getUint32(end - 20, true) !== 0x07064b50) return;
  const at = view.getUint32(end - 12, true);
  if (at + 4 > view.byteLength || view.getUint32(at, true) !== 0x06064b50) return;
  const isWhole = at + 56 <= end;
  if (isWhole && view.getUint32(at + 32, true) === count && view.getUint32(at + 48, true) === start) return;
  throw damaged(file, 'the zip archive names two numbers of files');
}

/** The position of the record at the end of an archive, before a comment of at most 65,535 bytes; −1 if absent. */
function findEnd(view: DataView): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  return -1;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  return remainder;
});

/** The CRC-32 of zip archives (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
