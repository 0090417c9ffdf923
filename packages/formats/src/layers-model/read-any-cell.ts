import { cellFrom } from '@sluice/core';
import type { FormatModule } from '../data/format.js';
import { readWith } from './read.js';

/** Reads `model.json` with cells of Sluice and of the user. */
export const read: FormatModule['read'] = (source) => readWith(cellFrom, source);
