import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../failure.js';
import { readRegularFile } from '../files/regular-file.js';
import { checksum, writeFileAtomically } from './atomic-file.js';
import { modelFiles } from './model-json.js';
import { checked, checkpointHeaderSchema, jsonIn, notOurs, versionSchema } from './schemas.js';

/*
 * A checkpoint is one file, so that one rename replaces it:
 *
 *     magic "SLUICECP"   8 bytes
 *     header length      uint32, little-endian
 *     header             JSON, UTF-8: { version, content, groups: [{ group, name, shape, type }] }
 *     arrays             float32 or int32, in the header's order, without gaps, little-endian
 *     SHA-256            32 bytes, of everything before it
 */

const magic = 'SLUICECP';
const version = 1;
const prefixLength = 12;
const checksumLength = 32;

/** Arrays by the name of their group, such as weights and optimizer. */
export type ArrayGroups = Map<string, NamedArray[]>;

interface ArrayHeader {
  group: string;
  name: string;
  shape: number[];
  type: 'float32' | 'int32';
}

/** Replaces the checkpoint at `path` in one step. `content` is any JSON value. */
export function writeCheckpointFile(path: string, content: unknown, groups: ArrayGroups): void {
  const arrays: ArrayHeader[] = [];
  const parts: Uint8Array[] = [];
  for (const [group, members] of groups) {
    for (const { name, shape, values } of members) {
      arrays.push({ group, name, shape, type: values instanceof Float32Array ? 'float32' : 'int32' });
      parts.push(bytesOf(values));
    }
  }
  const header = Buffer.from(JSON.stringify({ version, content, arrays }));
  const prefix = Buffer.alloc(prefixLength);
  prefix.write(magic, 'latin1');
  prefix.writeUInt32LE(header.length, magic.length);
  const all = [prefix, header, ...parts];
  writeFileAtomically(path, [...all, Buffer.from(checksum(...all), 'hex')]);
}

/**
 * Reads a checkpoint back.
 *
 * @throws InputError with the file and its fault: missing, of another program or version, truncated, changed since it was
 *   written, or different from its header.
 */
export function readCheckpointFile(path: string): { content: unknown; groups: ArrayGroups } {
  const bytes = readRegularFile(path);
  if (bytes.toString('latin1', 0, Math.min(bytes.length, magic.length)) !== magic.slice(0, bytes.length)) {
    throw new InputError(
      `${path}: not a checkpoint of this program (it begins differently). ${withoutCheckpoint(path)}`,
    );
  }
  if (bytes.length < prefixLength + checksumLength)
    throw damaged(path, `it ends after ${bytes.length} bytes`);
  const body = bytes.subarray(0, bytes.length - checksumLength);
  const expected = bytes.subarray(bytes.length - checksumLength).toString('hex');
  if (checksum(body) !== expected) {
    throw damaged(path, `the checksum over its ${bytes.length} bytes does not match: truncated or changed`);
  }
  const headerEnd = prefixLength + bytes.readUInt32LE(magic.length);
  if (headerEnd > body.length) throw notOurs(path, `its header ends at ${headerEnd} of ${body.length} bytes`);
  const header = jsonIn(path, body.toString('utf8', prefixLength, headerEnd));
  const { version: found } = checked(path, header, versionSchema);
  if (found !== version) {
    throw new InputError(
      `${path}: has version ${found} of the format, this program reads version ${version}.`,
    );
  }
  const { content, arrays } = checked(path, header, checkpointHeaderSchema);
  const needed = arrays.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), headerEnd);
  if (needed !== body.length) {
    throw notOurs(path, `its arrays end at ${needed} of ${body.length} bytes`);
  }
  return { content, groups: groupsOf(arrays, body, headerEnd) };
}

function groupsOf(arrays: ArrayHeader[], body: Buffer, start: number): ArrayGroups {
  const groups: ArrayGroups = new Map();
  let offset = start;
  for (const { group, name, shape, type } of arrays) {
    const length = sizeOf(shape);
    // A copy, since the bytes in the file are not aligned.
    const bytes = new Uint8Array(body.subarray(offset, offset + length * 4)).buffer;
    const values = type === 'float32' ? new Float32Array(bytes) : new Int32Array(bytes);
    groups.set(group, [...(groups.get(group) ?? []), { name, shape, values }]);
    offset += length * 4;
  }
  return groups;
}

function damaged(path: string, reason: string): InputError {
  return new InputError(`${path}: the checkpoint is damaged: ${reason}. ${withoutCheckpoint(path)}`);
}

/** Advice for a missing checkpoint. The model in the folder has checksums of its own. */
function withoutCheckpoint(path: string): string {
  return existsSync(join(dirname(path), modelFiles.model))
    ? 'The model in the folder does not need it and is still usable; to train again, choose another folder.'
    : 'There is no model in the folder yet: delete the folder and train again.';
}

/** The values of a tensor in JavaScript's memory, with its name. */
export interface NamedArray {
  name: string;
  shape: number[];
  values: Float32Array | Int32Array;
}

/** The bytes of an array, in the byte order of the machine. */
export function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The number of values of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
