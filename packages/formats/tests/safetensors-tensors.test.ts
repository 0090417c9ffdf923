import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../src/safetensors/tensors.js';

const tensors = [
  { name: 'b', shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 0, 1e-9, 7) },
  { name: 'a', shape: [2], values: Float64Array.of(Math.PI, -1) },
  { name: 'count', shape: [], values: Int32Array.of(-5) },
  { name: 'empty', shape: [0, 4], values: new Float32Array(0) },
];

/** A file with this header and these bytes of numbers. */
function fileOf(header: unknown, data = 8): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('safetensors', () => {
  test('are written and read back, each in its type', () => {
    const bytes = encodeSafetensors(tensors, { metadata: { format: 'pt' } });
    const { tensors: read, metadata } = decodeSafetensors(bytes, 'model.safetensors');
    expect(metadata).toEqual({ format: 'pt' });
    for (const { name, shape, values } of tensors) {
      expect(read.find((tensor) => tensor.name === name)).toMatchObject({ shape, values });
    }
    expect(read.map(({ name }) => name)).toEqual(['a', 'b', 'count', 'empty']);
    expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
  });

  test('in 16 bits are rounded', () => {
    const bytes = encodeSafetensors(tensors.slice(0, 1), { float16: true });
    expect([...decodeSafetensors(bytes, 'f').tensors[0].values]).toEqual([1, -2, 3.5, 0, 0, 7]);
  });

  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  test.each([
    ['a header longer than the file', fileOf({ a: entry }).subarray(0, 20), 'only 12 follow'],
    ['an impossible length', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255), 'too large for a length'],
    ['no JSON', fileOf('{"a": '), 'not valid JSON'],
    ['JSON that is too deep', fileOf('['.repeat(100_000) + ']'.repeat(100_000)), 'more than 200 levels'],
    ['a list', fileOf([entry]), 'the header must be an object'],
    ['an unknown type', fileOf({ a: { ...entry, dtype: 'F8_E4M3' } }), 'F8_E4M3'],
    ['a negative size', fileOf({ a: { ...entry, shape: [-2] } }), "a size of 'a' must be a whole number"],
    ['a huge size', fileOf({ a: { ...entry, shape: [2 ** 40, 2 ** 12] } }), 'elements'],
    ['another shape', fileOf({ a: { ...entry, shape: [3] } }), '12 bytes, but 8 bytes are stored'],
    ['an overlap', fileOf({ a: entry, b: { ...entry, data_offsets: [4, 8], shape: [1] } }), 'must follow'],
    ['a gap', fileOf({ a: { ...entry, data_offsets: [4, 8], shape: [1] } }), 'must follow'],
    ['numbers outside of the file', fileOf({ a: { ...entry, data_offsets: [0, 16] } }), 'describes 16 bytes'],
    ['numbers without an owner', fileOf({}), 'describes 0 bytes'],
    ['metadata that are no texts', fileOf({ a: entry, __metadata__: { x: 1 } }), "the metadata 'x'"],
  ])('with %s are refused', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'model.safetensors')).toThrow(message);
    expect(() => decodeSafetensors(bytes, 'model.safetensors')).toThrow('model.safetensors: ');
  });
});
