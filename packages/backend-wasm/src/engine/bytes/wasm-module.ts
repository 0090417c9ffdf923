import { sized, text, unsigned, vector } from './encoding.js';
import type { FunctionBody } from './function-body.js';

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTIONS = { type: 1, import: 2, function: 3, export: 7, code: 10 };
const I32 = 0x7f;
const V128 = 0x7b;
const FUNCTION_TYPE = 0x60;
const MEMORY = 0x02;
const FUNCTION = 0x00;
const MOST_PAGES = 65_536;

/**
 * The bytes of a module that imports the memory `env.memory` and exports one function `run`, whose parameters are 32-bit
 * whole numbers and which gives nothing back. A memory that threads share is imported as such.
 */
export function moduleOf(parameters: number, body: FunctionBody, shared: boolean): Uint8Array<ArrayBuffer> {
  const section = (id: number, items: number[][]) => [id].concat(sized(vector(items)));
  const type = [FUNCTION_TYPE, ...vector(Array.from({ length: parameters }, () => [I32])), ...vector([])];
  const anyMemory = shared ? [0x03, ...unsigned(0), ...unsigned(MOST_PAGES)] : [0x00, ...unsigned(0)];
  const locals = vector([
    [...unsigned(body.integerLocals), I32],
    [...unsigned(body.vectorLocals), V128],
  ]);
  return new Uint8Array(
    HEADER.concat(
      section(SECTIONS.type, [type]),
      section(SECTIONS.import, [[...text('env'), ...text('memory'), MEMORY, ...anyMemory]]),
      section(SECTIONS.function, [[0]]),
      section(SECTIONS.export, [[...text('run'), FUNCTION, 0]]),
      section(SECTIONS.code, [sized(locals.concat(body.bytes))]),
    ),
  );
}
