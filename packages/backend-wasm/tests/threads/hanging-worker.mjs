import { withFirstChunk } from './take-chunk.mjs';

withFirstChunk(() => {
  for (;;);
});
