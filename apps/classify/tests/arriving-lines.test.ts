import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { arrivingLines } from '../src/data/arriving-lines.js';

async function groupsOf(chunks: Iterable<Uint8Array>) {
  const notices: string[] = [];
  const groups: string[][] = [];
  for await (const group of arrivingLines(Readable.from(chunks), (message) => notices.push(message))) {
    groups.push(group);
  }
  return { groups, lines: groups.flat(), notices };
}

const singleBytes = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte));

test('the lines of a chunk are one group, and an unfinished line waits for its end', async () => {
  const chunks = ['a\nb\r\nc', 'd', 'e\n\n', 'f'].map((text) => Buffer.from(text));
  const { groups } = await groupsOf(chunks);
  expect(groups.filter(({ length }) => length > 0)).toEqual([['a', 'b'], ['cde'], ['f']]);
});

test.each([
  ['UTF-8', Buffer.from('\ufeffnaïve 🙂\nça va\n'), ['naïve 🙂', 'ça va'], 0],
  [
    'Latin-1, with a line of UTF-8 in it',
    Buffer.from('caf\xe9\nna\xc3\xafve\nd\xe9j\xe0', 'latin1'),
    ['café', 'naïve', 'déjà'],
    1,
  ],
  ['UTF-16', Buffer.from('\ufeffaé\nb\u0a0ac', 'utf16le'), ['aé', 'b\u0a0ac'], 0],
])('%s: how the bytes arrive does not matter', async (_, bytes, lines, notices) => {
  for (const chunks of [[bytes], singleBytes(bytes), [bytes.subarray(0, 5), bytes.subarray(5)]]) {
    const result = await groupsOf(chunks);
    expect(result.lines).toEqual(lines);
    expect(result.notices.length).toBe(notices);
  }
});

test('an empty text has no lines', async () => {
  expect((await groupsOf([])).lines).toEqual([]);
});
