import { withFirstChunk } from './take-chunk.mjs';

withFirstChunk((board, chunk) => {
  board.settle(chunk, false);
  setInterval(() => {}, 1000);
});
