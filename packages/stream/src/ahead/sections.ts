/**
 * Reads and writes the sections of WebAssembly's binary format. Source: WebAssembly Core Specification 2.0, chapter 5.5.
 */

/** A section of a module: its number and its content. */
export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

/** Numbers of sections. A module has them in the order of this list; custom sections may be anywhere. */
export const SECTIONS = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
  data: 11,
} as const;

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** LEB128 of a number ≥ 0. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}

/** A name: its length and its ASCII characters. */
export const text = (value: string): number[] => [
  ...unsigned(value.length),
  ...[...value].map((character) => character.charCodeAt(0)),
];

/** The sections of a module. @throws TypeError when the bytes are no module, or end within a section. */
export function readSections(bytes: Uint8Array): Section[] {
  if (HEADER.some((byte, i) => bytes[i] !== byte)) {
    throw new TypeError('The model has no WebAssembly module: its bytes do not begin as those of one.');
  }
  const sections: Section[] = [];
  let at = HEADER.length;
  while (at < bytes.length) {
    const id = bytes[at];
    const { value: length, end } = readUnsigned(bytes, at + 1);
    if (end + length > bytes.length) {
      throw new TypeError(
        `The model's WebAssembly module is cut short: section ${id} needs ${length} bytes.`,
      );
    }
    sections.push({ id, content: bytes.subarray(end, end + length) });
    at = end + length;
  }
  return sections;
}

/** Reads LEB128. Returns the number and where the next byte is. */
export function readUnsigned(bytes: Uint8Array, start: number): { value: number; end: number } {
  let [value, shift, at] = [0, 1, start];
  for (; bytes[at] > 127; at++, shift *= 128) value += (bytes[at] & 127) * shift;
  return { value: value + bytes[at] * shift, end: at + 1 };
}

/** A module of sections. */
export function writeSections(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const parts = sections.flatMap(({ id, content }) => [
    Uint8Array.from([id, ...unsigned(content.length)]),
    content,
  ]);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, HEADER.length));
  bytes.set(HEADER);
  let at = HEADER.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
