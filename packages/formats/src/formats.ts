/** The names of the formats. How they are recognised and read is in `readers`, how they are written in `write.ts`. */
import type { FormatName } from './data/layers.js';

interface Format {
  readonly name: FormatName;
  /** The name for users. */
  readonly label: string;
  /** The usual endings of its files. */
  readonly endings: readonly string[];
}

export const formats: readonly Format[] = [
  { name: 'layers-model', label: "TensorFlow.js's layers format", endings: ['model.json'] },
  { name: 'safetensors', label: 'safetensors', endings: ['.safetensors'] },
  { name: 'keras', label: 'Keras', endings: ['.keras'] },
  { name: 'keras-h5', label: "Keras's HDF5", endings: ['.h5', '.hdf5'] },
  { name: 'pytorch', label: 'PyTorch', endings: ['.pt', '.pth'] },
  { name: 'rtneural', label: 'RTNeural', endings: [] },
  { name: 'tfjs-checkpoint', label: "TensorFlow.js's manifest of weights", endings: [] },
  { name: 'sru', label: 'asappresearch/sru', endings: [] },
  { name: 'onnx', label: 'ONNX', endings: ['.onnx'] },
];

/** The format that a path's ending names; undefined if none does. */
export const formatOfPath = (path: string): FormatName | undefined =>
  formats.find(({ endings }) => endings.some((ending) => path.toLowerCase().endsWith(ending)))?.name ??
  (path.toLowerCase().endsWith('.json')
    ? 'layers-model'
    : path.toLowerCase().endsWith('.py')
      ? 'pytorch'
      : undefined);
