import { runLoop } from '../sequence/loop.js';
import { firstOfChunk, PANEL, prepareRows, ROW_GROUP, type Tools } from './chunks.js';
import type { WorkQueue } from './work-queue.js';

/** The kinds of jobs. A chunk is a part of the rows, a part of the panels, or an argument block. */
export const MULTIPLY_ROWS = 1;
export const MULTIPLY_PANELS = 2;
export const RUN_PROGRAM = 3;
export const RUN_SEQUENCE = 4;

/** Runs one chunk of the queue's job. */
export function doChunk(board: WorkQueue, chunk: number, tools: Tools): void {
  switch (board.kind) {
    case MULTIPLY_ROWS:
    case MULTIPLY_PANELS:
      multiplyChunk(board, chunk, tools);
      break;
    case RUN_PROGRAM:
      programChunk(board, chunk, tools);
      break;
    case RUN_SEQUENCE:
      sequenceChunk(board, chunk, tools);
  }
}

function sequenceChunk(board: WorkQueue, chunk: number, tools: Tools): void {
  runLoop(tools, board.argument(0) + chunk * board.argument(1));
}

function programChunk(board: WorkQueue, chunk: number, tools: Tools): void {
  const [code, length, count, steps, chunks, blocks, blockBytes, entryBytes] = [0, 1, 2, 3, 4, 5, 6, 7].map(
    (i) => board.argument(i),
  );
  const rows = firstOfChunk(chunk + 1, chunks, count, 1) - firstOfChunk(chunk, chunks, count, 1);
  const block = blocks + chunk * blockBytes;
  prepareRows(tools, block + entryBytes, rows);
  tools.program(code >>> 0, length)(rows, steps, block);
}

function multiplyChunk(board: WorkQueue, chunk: number, { fixed, scratch }: Tools): void {
  const chunks = board.argument(10);
  const byRows = board.kind === MULTIPLY_ROWS;
  const rows = board.argument(7);
  const columns = board.argument(9);
  const panels = Math.ceil(columns / PANEL);
  const firstRow = byRows ? firstOfChunk(chunk, chunks, rows, ROW_GROUP) : 0;
  const endRow = byRows ? firstOfChunk(chunk + 1, chunks, rows, ROW_GROUP) : rows;
  const firstPanel = byRows ? 0 : firstOfChunk(chunk, chunks, panels, 1);
  const endPanel = byRows ? panels : firstOfChunk(chunk + 1, chunks, panels, 1);
  if (firstRow === endRow || firstPanel === endPanel) return;
  fixed.multiply(
    board.argument(0) + firstRow * board.argument(1),
    board.argument(1),
    board.argument(2),
    board.argument(3),
    board.argument(4) + firstRow * board.argument(5),
    board.argument(5),
    board.argument(6),
    endRow - firstRow,
    board.argument(8),
    columns,
    firstPanel,
    endPanel,
    false,
    scratch,
  );
}
