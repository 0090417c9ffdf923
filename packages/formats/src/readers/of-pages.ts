/** The formats that pages read most. The other readers are in a chunk of their own. */
import { hasName } from '../bytes/json-names.js';
import type { Reader } from '../data/format.js';

/** In the order in which they are tried. */
export const readers: readonly Reader[] = [
  {
    name: 'layers-model',
    recognise: (bytes) => hasName(bytes, 'modelTopology'),
    load: () => import('../layers-model/read-any-cell.js'),
  },
  {
    name: 'safetensors',
    // The length of a header of JSON, then the header.
    recognise: (bytes) => bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0x7b,
    load: () => import('../safetensors/read.js'),
  },
];

/** The reader of a file by its content, not by its name. @throws FormatError when no format is recognised. */
export async function findReader(bytes: Uint8Array, file: string): Promise<Reader> {
  return (
    readers.find(({ recognise }) => recognise(bytes)) ??
    (await import('./others.js')).findOtherReader(bytes, file)
  );
}
