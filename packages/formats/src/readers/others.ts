/** The formats that pages read seldom: how each is recognised and which module reads it. */
import { FormatError } from '../bytes/format-error.js';
import { hasName } from '../bytes/json-names.js';
import type { Reader } from '../data/format.js';
import { formats } from '../formats.js';
import { isOnnx } from '../onnx/recognise.js';

const startsWith = (bytes: Uint8Array, ...start: number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/** The name of the first file in a zip archive; undefined if it is no archive. */
const firstInZip = (bytes: Uint8Array): string | undefined =>
  startsWith(bytes, 0x50, 0x4b, 3, 4)
    ? new TextDecoder().decode(bytes.subarray(30, 30 + bytes[26] + 256 * bytes[27]))
    : undefined;

const isKerasArchive = (bytes: Uint8Array): boolean =>
  ['metadata.json', 'config.json', 'model.weights.h5'].includes(firstInZip(bytes) ?? '');

/** A zip archive of another kind is refused by PyTorch's reader, with the reason. */
const isPyTorch = (bytes: Uint8Array): boolean =>
  firstInZip(bytes) !== undefined || startsWith(bytes, 0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20);

const isHdf5 = (bytes: Uint8Array): boolean => startsWith(bytes, 0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10);

/** In the order in which they are tried. */
export const readers: readonly Reader[] = [
  { name: 'keras', recognise: isKerasArchive, load: () => import('../keras/read-archive.js') },
  { name: 'keras-h5', recognise: isHdf5, load: () => import('../keras/h5.js') },
  { name: 'pytorch', recognise: isPyTorch, load: () => import('../pytorch/read.js') },
  {
    name: 'rtneural',
    recognise: (bytes) => hasName(bytes, 'in_shape') && hasName(bytes, 'layers'),
    load: () => import('../rtneural/read.js'),
  },
  {
    name: 'tfjs-checkpoint',
    recognise: (bytes) => hasName(bytes, 'paths') || hasName(bytes, 'filename'),
    load: () => import('../tfjs-checkpoint/read.js'),
  },
  { name: 'onnx', recognise: isOnnx, load: () => import('../onnx/read.js') },
];

/** Files of TensorFlow that are not read: how each is recognised, and what to do. */
const REFUSED: readonly (readonly [name: RegExp, advice: string])[] = [
  [
    /saved_model\.pb$/,
    "this is a SavedModel, which holds a program. In Python, with Keras 2: tf.keras.models.load_model(folder).save('model.h5').",
  ],
  [
    /\.(index|data-\d+-of-\d+)$/,
    "this is a part of a checkpoint of TensorFlow. In Python: model.load_weights(path), then model.save('model.h5').",
  ],
  [/\.tflite$/, 'this is a model of TensorFlow Lite; give the model of Keras that it was made from.'],
];

/** @throws FormatError when the file is of none of these formats. */
export function findOtherReader(bytes: Uint8Array, file: string): Reader {
  const reader = readers.find(({ recognise }) => recognise(bytes));
  if (reader) return reader;
  const [, advice] = REFUSED.find(([name]) => name.test(file)) ?? [];
  if (advice) throw new FormatError(`${file}: ${advice}`);
  const known = formats
    .map(({ label, endings }) => (endings.length > 0 ? `${label} (${endings.join(', ')})` : label))
    .join('; ');
  throw new FormatError(`${file}: this is no model file that Sluice reads. It reads: ${known}.`);
}
