import { withFirstChunk } from './take-chunk.mjs';

withFirstChunk((queue, chunk) => {
  queue.settle(chunk, false);
  setInterval(() => {}, 1000);
});
