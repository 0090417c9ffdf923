/** Messages of protocol buffers, read and written by a table of their fields. */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { damaged, FormatError } from '../bytes/format-error.js';

type Scalar = 'integer' | 'float' | 'double' | 'text' | 'bytes';

/** One field: its number, what it holds, and whether it holds several. */
export interface Field {
  readonly number: number;
  readonly holds: Scalar | (() => Readonly<Record<string, Field>>);
  readonly repeated: boolean;
}

/** The fields of a message by their names here. */
export type Fields<Message> = { readonly [name in keyof Message]-?: Field };

export const one = (number: number, holds: Field['holds']): Field => ({ number, holds, repeated: false });
export const many = (number: number, holds: Field['holds']): Field => ({ number, holds, repeated: true });

/** A graph in a graph takes three messages: node, attribute, graph. */
const MAX_GRAPH_DEPTH = 50;
const MAX_DEPTH = 3 * MAX_GRAPH_DEPTH + 10;
/** An empty message takes two bytes in a file, but some hundred in memory. */
const MAX_MESSAGES = 1_000_000;

/** The value of absent repeated fields; most messages have some. */
const NONE: readonly never[] = Object.freeze([]);

const WIRE_TYPES: Readonly<Record<Scalar, WireType>> = {
  integer: WireType.Varint,
  float: WireType.Bit32,
  double: WireType.Bit64,
  text: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
};

const wireTypeOf = ({ holds }: Field): WireType =>
  typeof holds === 'string' ? WIRE_TYPES[holds] : WireType.LengthDelimited;

/**
 * The message in the bytes. Absent single fields are left out, absent repeated ones are empty arrays; unknown fields are skipped.
 * Integers beyond ±2⁵³ are rounded: such ones stand for "to the end".
 * @param file the name of the file, for errors.
 * @throws FormatError or an error of the library when the bytes are no such message.
 */
export function decodeMessage<Message>(fields: Fields<Message>, bytes: Uint8Array, file: string): Message {
  return new Decoder(file).message(fields, bytes, 0);
}

class Decoder {
  private messages = 0;
  private readonly tables = new Map<object, Map<number, [string, Field]>>();

  constructor(private readonly file: string) {}

  message<Message>(fields: Fields<Message>, bytes: Uint8Array, depth: number): Message {
    if (depth > MAX_DEPTH) {
      throw new FormatError(`${this.file}: its graphs are nested more than ${MAX_GRAPH_DEPTH} levels deep.`);
    }
    if (++this.messages > MAX_MESSAGES) {
      throw new FormatError(`${this.file}: it has more than ${MAX_MESSAGES} parts.`);
    }
    const table = this.tableOf(fields);
    const message: Record<string, unknown> = {};
    for (const [name, { repeated }] of table.values()) if (repeated) message[name] = NONE;
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      const found = table.get(number);
      if (!found) reader.skip(wireType, number);
      else this.field(message, found, wireType, reader, depth);
    }
    return message as Message;
  }

  private field(
    message: Record<string, unknown>,
    [name, field]: [string, Field],
    wireType: WireType,
    reader: BinaryReader,
    depth: number,
  ): void {
    const isExpected = wireType === wireTypeOf(field);
    if (!field.repeated && isExpected) {
      message[name] = this.value(field, reader, depth);
      return;
    }
    if (!isExpected && !(field.repeated && wireType === WireType.LengthDelimited)) {
      throw damaged(this.file, `its part '${name}' before byte ${reader.pos} is stored as another type`);
    }
    if (message[name] === NONE) message[name] = [];
    const values = message[name] as unknown[];
    if (isExpected) values.push(this.value(field, reader, depth));
    else {
      const packed = new BinaryReader(reader.bytes());
      while (packed.pos < packed.len) values.push(this.value(field, packed, depth));
    }
  }

  private value({ holds }: Field, reader: BinaryReader, depth: number): unknown {
    switch (holds) {
      case 'integer':
        return Number(reader.int64());
      case 'float':
        return reader.float();
      case 'double':
        return reader.double();
      case 'text':
        return reader.string();
      case 'bytes':
        return reader.bytes();
      default:
        return this.message(holds(), reader.bytes(), depth + 1);
    }
  }

  private tableOf(fields: object): Map<number, [string, Field]> {
    let table = this.tables.get(fields);
    if (!table) {
      const entries = Object.entries(fields) as [string, Field][];
      table = new Map(entries.map((entry) => [entry[1].number, entry]));
      this.tables.set(fields, table);
    }
    return table;
  }
}

/** The bytes of a message; absent fields are left out. Repeated numbers are packed. */
export function encodeMessage<Message>(fields: Fields<Message>, message: Partial<Message>): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, fields, message);
  return writer.finish();
}

function writeMessage<Message>(
  writer: BinaryWriter,
  fields: Fields<Message>,
  message: Partial<Message>,
): void {
  const entries = Object.entries(fields) as [string, Field][];
  for (const [name, field] of entries.sort(([, a], [, b]) => a.number - b.number)) {
    const value = message[name as keyof Message];
    if (value === undefined) continue;
    const values = field.repeated ? (value as unknown as ArrayLike<unknown>) : [value];
    const isPacked = field.repeated && wireTypeOf(field) !== WireType.LengthDelimited;
    if (isPacked && values.length === 0) continue;
    if (isPacked) writer.tag(field.number, WireType.LengthDelimited).fork();
    for (let i = 0; i < values.length; i++) {
      if (!isPacked) writer.tag(field.number, wireTypeOf(field));
      writeValue(writer, field, values[i]);
    }
    if (isPacked) writer.join();
  }
}

function writeValue(writer: BinaryWriter, { holds }: Field, value: unknown): void {
  if (holds === 'integer') writer.int64(value as number);
  else if (holds === 'float') writer.float(value as number);
  else if (holds === 'double') writer.double(value as number);
  else if (holds === 'text') writer.string(value as string);
  else if (holds === 'bytes') writer.bytes(value as Uint8Array);
  else {
    writer.fork();
    writeMessage(writer, holds(), value as object);
    writer.join();
  }
}
