import {
  MULTIPLY_PANELS,
  MULTIPLY_ROWS,
  PANEL,
  ROW_GROUP,
  RUN_PROGRAM,
  RUN_SEQUENCE,
  type Tools,
} from './chunks.js';
import { firstOfChunk } from './divide.js';
import type { WorkQueue } from './work-queue.js';

/** Runs one chunk of the queue's job. */
export function runChunk(queue: WorkQueue, chunk: number, tools: Tools): void {
  switch (queue.kind) {
    case MULTIPLY_ROWS:
    case MULTIPLY_PANELS:
      multiplyChunk(queue, chunk, tools);
      break;
    case RUN_PROGRAM:
      runProgramChunk(queue, chunk, tools);
      break;
    case RUN_SEQUENCE:
      runSequenceChunk(queue, chunk, tools);
  }
}

function runSequenceChunk(queue: WorkQueue, chunk: number, tools: Tools): void {
  tools.runLoop(queue.argument(0) + chunk * queue.argument(1));
}

function runProgramChunk(queue: WorkQueue, chunk: number, tools: Tools): void {
  const [code, length, count, chunks, blocks, blockBytes, entryBytes] = [0, 1, 2, 3, 4, 5, 6].map((i) =>
    queue.argument(i),
  );
  const rows = firstOfChunk(chunk + 1, chunks, count, 1) - firstOfChunk(chunk, chunks, count, 1);
  const block = blocks + chunk * blockBytes;
  tools.clearSums(block + entryBytes);
  tools.program(code >>> 0, length)(rows, block);
}

function multiplyChunk(queue: WorkQueue, chunk: number, { fixed, scratch }: Tools): void {
  const chunks = queue.argument(10);
  const byRows = queue.kind === MULTIPLY_ROWS;
  const rows = queue.argument(7);
  const columns = queue.argument(9);
  const panels = Math.ceil(columns / PANEL);
  const firstRow = byRows ? firstOfChunk(chunk, chunks, rows, ROW_GROUP) : 0;
  const endRow = byRows ? firstOfChunk(chunk + 1, chunks, rows, ROW_GROUP) : rows;
  const firstPanel = byRows ? 0 : firstOfChunk(chunk, chunks, panels, 1);
  const endPanel = byRows ? panels : firstOfChunk(chunk + 1, chunks, panels, 1);
  if (firstRow === endRow || firstPanel === endPanel) return;
  fixed.multiply(
    queue.argument(0) + firstRow * queue.argument(1),
    queue.argument(1),
    queue.argument(2),
    queue.argument(3),
    queue.argument(4) + firstRow * queue.argument(5),
    queue.argument(5),
    queue.argument(6),
    endRow - firstRow,
    queue.argument(8),
    columns,
    firstPanel,
    endPanel,
    false,
    scratch,
  );
}
