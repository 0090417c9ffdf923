/** The formats: how each is recognised and which module reads it. A reader is loaded when a file needs it. */
import type { Format } from './data/format.js';
import type { FormatName } from './data/layers.js';
import { isOnnx } from './onnx/recognise.js';

export type { Format, FormatModule, WriteOptions, WrittenFiles } from './data/format.js';

const startsWith = (bytes: Uint8Array, ...start: number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/** Whether bytes begin like JSON. */
const isJson = (bytes: Uint8Array): boolean =>
  /^\s*[{[]/.test(new TextDecoder().decode(bytes.subarray(0, 64)));

/** JavaScript holds no text of 512 MB, and no description is as long: other files may begin like JSON. */
const MAX_JSON = 2 ** 28;

/** Whether one of the names of a JSON text is this one; the text may be large. */
const hasName = (bytes: Uint8Array, name: string): boolean =>
  isJson(bytes) && bytes.length < MAX_JSON && new TextDecoder().decode(bytes).includes(`"${name}"`);

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

/** The length of a header of JSON, then the header. */
const isSafetensors = (bytes: Uint8Array): boolean => bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0x7b;

const isHdf5 = (bytes: Uint8Array): boolean => startsWith(bytes, 0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10);

const isLayersModel = (bytes: Uint8Array): boolean => hasName(bytes, 'modelTopology');

/** In the order in which they are tried. */
export const formats: readonly Format[] = [
  {
    name: 'layers-model',
    label: "TensorFlow.js's layers format",
    endings: ['model.json'],
    recognise: isLayersModel,
    loadReader: () => import('./layers-model/read.js'),
    loadWriter: () => import('./layers-model/write.js'),
  },
  {
    name: 'safetensors',
    label: 'safetensors',
    endings: ['.safetensors'],
    recognise: isSafetensors,
    loadReader: () => import('./safetensors/read.js'),
    loadWriter: () => import('./safetensors/write.js'),
  },
  {
    name: 'keras',
    label: 'Keras',
    endings: ['.keras'],
    recognise: isKerasArchive,
    loadReader: () => import('./keras/read-archive.js'),
    loadWriter: () => import('./keras/write-archive.js'),
  },
  {
    name: 'keras-h5',
    label: "Keras's HDF5",
    endings: ['.h5', '.hdf5'],
    recognise: isHdf5,
    loadReader: () => import('./keras/h5.js'),
  },
  {
    name: 'pytorch',
    label: 'PyTorch',
    endings: ['.pt', '.pth'],
    recognise: isPyTorch,
    loadReader: () => import('./pytorch/read.js'),
    loadWriter: () => import('./pytorch/write.js'),
  },
  {
    name: 'rtneural',
    label: 'RTNeural',
    endings: [],
    recognise: (bytes) => hasName(bytes, 'in_shape') && hasName(bytes, 'layers'),
    loadReader: () => import('./rtneural/read.js'),
  },
  {
    name: 'tfjs-checkpoint',
    label: "TensorFlow.js's manifest of weights",
    endings: [],
    recognise: (bytes) => hasName(bytes, 'paths') || hasName(bytes, 'filename'),
    loadReader: () => import('./tfjs-checkpoint/read.js'),
  },
  {
    name: 'sru',
    label: 'asappresearch/sru',
    endings: [],
    // Its files are state_dicts, which the formats above recognise and read.
    recognise: () => false,
    loadWriter: () => import('./sru/write.js'),
  },
  {
    name: 'onnx',
    label: 'ONNX',
    endings: ['.onnx'],
    recognise: isOnnx,
    loadReader: () => import('./onnx/read.js'),
    loadWriter: () => import('./onnx/write.js'),
  },
];

/** The format of a file by its content, not by its name. */
export const recogniseFormat = (bytes: Uint8Array): Format | undefined =>
  formats.find((format) => format.recognise(bytes));

/** The names of all formats. */
export const formatNames: readonly FormatName[] = formats.map(({ name }) => name);

/** The format that a path's ending names; undefined if none does. */
export const formatOfPath = (path: string): FormatName | undefined =>
  formats.find(({ endings }) => endings.some((ending) => path.toLowerCase().endsWith(ending)))?.name ??
  (path.toLowerCase().endsWith('.json')
    ? 'layers-model'
    : path.toLowerCase().endsWith('.py')
      ? 'pytorch'
      : undefined);
