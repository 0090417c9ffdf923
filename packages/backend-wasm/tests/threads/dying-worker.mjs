import { withFirstChunk } from './take-chunk.mjs';

withFirstChunk(() => process.exit(1));
