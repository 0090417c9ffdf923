/** The numbers of `ModelProto`'s fields. Source: github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const KNOWN_FIELDS = [1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26];
const GRAPH_FIELD = 7;
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/**
 * Whether bytes are an ONNX model, which has no mark of its own: a message that starts with its version and has only fields of
 * a model before its graph. What follows may be damaged.
 */
export function isOnnx(bytes: Uint8Array): boolean {
  let position = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = bytes[position++] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) break;
    }
    return value;
  };
  if (bytes[0] !== (1 << 3) + VARINT || bytes.length < 4) return false;
  while (position < bytes.length) {
    const tag = readVarint();
    const [field, wireType] = [Math.floor(tag / 8), tag % 8];
    if (!KNOWN_FIELDS.includes(field)) return false;
    if (field === GRAPH_FIELD) return wireType === LENGTH_DELIMITED;
    if (wireType === VARINT) readVarint();
    else if (wireType === LENGTH_DELIMITED) {
      const length = readVarint();
      position += length;
    } else return false;
  }
  return false;
}
