import type { StreamModel } from '../runtime.js';
import { type ModuleDescription, SECTION } from './module-streams.js';
import {
  readSections,
  readUnsigned,
  SECTIONS,
  type Section,
  text,
  unsigned,
  writeSections,
} from './sections.js';
import { type ScriptFormat, writeDeclarations, writeScript } from './write-script.js';

export type { ScriptFormat };

export interface StreamModuleOptions {
  /** The name of the network in errors, and of the variable of an `iife`: an identifier. Default `stream`. */
  readonly name?: string;
  /** `inside` (the default) puts the weights into the module, `beside` into bytes of their own. */
  readonly weights?: 'inside' | 'beside';
  /** `esm` (the default) is a module to import, `iife` a script for a page, which sets a variable. */
  readonly format?: ScriptFormat;
}

/** The files of a network that was compiled ahead of time. */
export interface StreamModule {
  /** A WebAssembly module with a memory of its own. */
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** The program that runs it, which needs no package. */
  readonly js: string;
  /** Its declarations for TypeScript. */
  readonly dts: string;
  /** The weights, if they are not in the module. */
  readonly weights?: Uint8Array<ArrayBuffer>;
}

const PAGE = 65_536;
const [NO_MOST, MEMORY, ACTIVE] = [0x00, 0x02, 0x00];
const [I32_CONST, END] = [0x41, 0x0b];

/**
 * Writes a compiled network as files that need no package and generate no code at run time: for edge functions, pages with a
 * strict policy, and every other place that runs WebAssembly.
 *
 * @param model as `compileStream` makes it; its module must be bytes.
 * @throws TypeError when the model's module is compiled or damaged, and for a name that is no identifier.
 */
export function writeStreamModule(
  model: StreamModel,
  { name = 'stream', weights: place = 'inside', format = 'esm' }: StreamModuleOptions = {},
): StreamModule {
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) {
    throw new TypeError(`The name of a network must be an identifier, such as vad, but is '${name}'.`);
  }
  const { weights, layout } = model;
  const isKnown = ['inside', 'beside'].includes(place) && ['esm', 'iife'].includes(format);
  if (!isKnown) {
    throw new TypeError(
      `weights must be 'inside' or 'beside', and format 'esm' or 'iife', but they are '${place}' and '${format}'.`,
    );
  }
  // A Buffer of Node is a part of a larger one, also after slice.
  const values = Uint8Array.from(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
  const beside = place === 'beside';
  const { weightLength: _, ...places } = layout;
  const float16 = weights instanceof Uint16Array;
  const description = { version: 1, layout: places, weightBytes: layout.weightLength * 4, beside, float16 };
  const sizes = { name, inputSize: layout.input.length, outputSize: layout.output.length };
  return {
    wasm: ownMemory(bytesOf(model), description, beside ? undefined : values),
    js: writeScript(sizes, format),
    dts: writeDeclarations(sizes, format, beside),
    ...(beside && { weights: values }),
  };
}

function bytesOf({ module }: StreamModel): Uint8Array {
  if (module instanceof Uint8Array) return module;
  throw new TypeError(
    'writeStreamModule needs a model with the bytes of its module, as compileStream makes it.',
  );
}

/** The module with a memory of its own, which it exports, instead of an imported one. */
function ownMemory(
  bytes: Uint8Array,
  description: ModuleDescription,
  values: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const { layout, weightBytes } = description;
  const pages = Math.ceil((weightBytes + layout.streamLength * 4) / PAGE);
  const added: Section[] = [
    { id: SECTIONS.memory, content: Uint8Array.from([1, NO_MOST, ...unsigned(pages)]) },
  ];
  if (values !== undefined) {
    const head = [1, ACTIVE, I32_CONST, 0, END, ...unsigned(values.length)];
    added.push({ id: SECTIONS.data, content: joined(head, values) });
  }
  const kept = readSections(bytes).filter(({ id }) => id !== SECTIONS.import);
  const sections = kept.map((section) =>
    section.id === SECTIONS.export ? { ...section, content: withMemory(section.content) } : section,
  );
  const ordered = [...sections, ...added].sort((a, b) => a.id - b.id);
  const characters = [...JSON.stringify(description)].map((character) => character.charCodeAt(0));
  // In front, it is there before the weights arrive.
  const custom = { id: SECTIONS.custom, content: Uint8Array.from([...text(SECTION), ...characters]) };
  return writeSections([custom, ...ordered]);
}

/** An export section with the memory in addition. */
function withMemory(content: Uint8Array): Uint8Array {
  const { value: count, end } = readUnsigned(content, 0);
  return joined([...unsigned(count + 1), ...text('memory'), MEMORY, 0], content.subarray(end));
}

function joined(head: readonly number[], rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + rest.length);
  bytes.set(head);
  bytes.set(rest, head.length);
  return bytes;
}
