import { describe, expect, test } from 'vitest';
import { decode } from '../src/data/encoding.js';
import { linesOf } from '../src/data/line-formats.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('decode', () => {
  test('valid UTF-8 is UTF-8, with or without a byte order mark', () => {
    expect(decode(Buffer.from('naïve 🙂'))).toEqual({ text: 'naïve 🙂', encoding: 'utf-8' });
    expect(decode(Buffer.from('\ufeffnaïve'))).toEqual({ text: 'naïve', encoding: 'utf-8' });
  });

  test('other bytes are Latin-1 in its Windows form', () => {
    const { text, encoding } = decode(bytes(0x63, 0x61, 0x66, 0xe9, 0x20, 0x85, 0x93, 0x80, 0x94, 0x9f));
    expect(text).toBe('café …“€”Ÿ');
    expect(encoding).toBe('windows-1252');
  });

  test('all 256 bytes are decoded, the five unassigned ones as control characters', () => {
    const { text } = decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    expect(text.length).toBe(256);
    expect(text.slice(0, 128)).toBe(String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code)));
    expect(text.slice(160)).toBe(String.fromCharCode(...Array.from({ length: 96 }, (_, code) => code + 160)));
    const unassigned = [...text.slice(128, 160)].flatMap((character, index) =>
      character.charCodeAt(0) === 128 + index ? [128 + index] : [],
    );
    expect(unassigned).toEqual([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
  });

  test('UTF-16 with a byte order mark', () => {
    expect(decode(bytes(0xff, 0xfe, 0x61, 0x00, 0xe9, 0x00))).toEqual({ text: 'aé', encoding: 'utf-16le' });
    expect(decode(bytes(0xfe, 0xff, 0x00, 0x61, 0x00, 0xe9))).toEqual({ text: 'aé', encoding: 'utf-16be' });
  });
});

describe('linesOf', () => {
  test('LF and CR LF end a line; numbers count blank lines', () => {
    expect([...linesOf('a\r\n\n  \nb\nc')]).toEqual([
      { number: 1, text: 'a' },
      { number: 4, text: 'b' },
      { number: 5, text: 'c' },
    ]);
  });

  test('NEL, line separator, vertical tab and lone CR are text', () => {
    const text = 'a\u0085b\u2028c\u2029d\u000be\rf';
    expect([...linesOf(`${text}\n`)]).toEqual([{ number: 1, text }]);
  });

  test('an empty text has no lines', () => {
    expect([...linesOf('')]).toEqual([]);
  });
});
