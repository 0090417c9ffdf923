/** Keras 3's `.keras` files: a zip archive of a description and an HDF5 file of weights. */

import type { OpenedSource } from '../bytes/source.js';
import { unzip } from '../bytes/zip.js';
import type { ModelFile } from '../data/layers.js';
import { readArchive } from './h5.js';

const PARTS = ['config.json', 'metadata.json', 'model.weights.h5'];

/** Reads a `.keras` file. */
export const read = ({ bytes, name }: OpenedSource): ModelFile =>
  readArchive(
    unzip(bytes, name, (path) => PARTS.includes(path)),
    name,
  );
