import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/backend.js';
import { readExamples } from '../src/data/read-examples.js';
import { command, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

beforeAll(() => useBackend('cpu'));

function read(path: string, skipBad = false) {
  const notices: string[] = [];
  const columns = { label: 'label', text: 'text' };
  const examples = readExamples(path, { columns, skipBad, notice: (message) => notices.push(message) });
  return { pairs: examples.map(({ label, text }) => `${label}: ${text}`), notices };
}

function fifo(path: string): string {
  execFileSync('mkfifo', [path]);
  return path;
}

// Windows has neither FIFOs nor /dev.
const posix = test.skipIf(process.platform === 'win32');

describe('a path that is not a regular file', () => {
  posix('is refused at once as data, as test data, and in a model', async () => {
    const data = scratchFile('data.txt', toyLines(20));
    const waiting = fifo(join(scratchFolder(), 'data.txt'));
    expect(() => read('/dev/zero')).toThrow('/dev/zero: not a regular file (it is a character device).');
    expect(() => read(waiting)).toThrow(`${waiting}: not a regular file (it is a FIFO).`);
    const { status, error } = await command(['train', '--data', data, '--test', waiting]);
    expect({ status, named: error.startsWith(`error: ${waiting}: not a regular file`) }).toEqual({
      status: 1,
      named: true,
    });
  });

  posix('nor is a file of a saved model or a checkpoint', async () => {
    const data = scratchFile('data.txt', toyLines(20));
    const folder = scratchFolder();
    await command(['train', ...small, '--epochs', '1', '--data', data, '--out', folder]);
    for (const file of ['settings.json', 'vocabulary.json', 'model.json']) {
      const whole = readFileSync(join(folder, file));
      rmSync(join(folder, file));
      fifo(join(folder, file));
      const { status, error } = await command(['predict', '--model', folder, 'dull']);
      expect(status).toBe(1);
      expect(error).toContain(`error: ${join(folder, file)}: not a regular file (it is a FIFO).`);
      rmSync(join(folder, file));
      writeFileSync(join(folder, file), whole);
    }
    rmSync(join(folder, 'checkpoint.bin'));
    mkdirSync(join(folder, 'checkpoint.bin'));
    const { status, error } = await command(['train', '--out', folder, '--resume']);
    expect(status).toBe(1);
    expect(error).toContain('checkpoint.bin: not a regular file (it is a folder).');
  });

  posix('in a folder of classes is an error, or is left out and counted', () => {
    const folder = scratchFolder();
    scratchFile('pos/1.txt', 'fine', folder);
    const special = fifo(join(folder, 'pos', '2.txt'));
    symlinkSync('nowhere', join(folder, 'pos', '3.txt'));
    expect(() => read(folder)).toThrow(`${special}: not a regular file (it is a FIFO). Fix it, or`);
    expect(read(folder, true)).toEqual({
      pairs: ['pos: fine'],
      notices: [`${folder}: 2 bad rows left out.`],
    });
    rmSync(special);
    expect(() => read(folder)).toThrow('3.txt: not a regular file (it is a link that leads nowhere).');
  });
});

describe('a folder of classes', () => {
  test('links are followed, folders in classes are read', () => {
    const folder = scratchFolder();
    const elsewhere = scratchFolder();
    scratchFile('a.txt', 'far', elsewhere);
    scratchFile('pos/deep/er/b.txt', 'nested', folder);
    scratchFile('pos/c.txt', 'near', folder);
    symlinkSync(elsewhere, join(folder, 'neg'), 'dir');
    symlinkSync(join(elsewhere, 'a.txt'), join(folder, 'pos', 'link.txt'));
    expect(read(folder)).toEqual({
      pairs: ['neg: far', 'pos: near', 'pos: nested', 'pos: far'],
      notices: [],
    });
  });

  test('a notice lists cycles of links, stray files, names with a dot and empty classes', () => {
    const folder = scratchFolder();
    scratchFile('pos/sub/a.txt', 'fine', folder);
    scratchFile('README', 'x', folder);
    scratchFile('notes.txt', 'x', folder);
    scratchFile('pos/.DS_Store', 'x', folder);
    mkdirSync(join(folder, 'neg'));
    symlinkSync(folder, join(folder, 'pos', 'sub', 'top'), 'dir');
    symlinkSync('..', join(folder, 'pos', 'sub', 'up'), 'dir');
    symlinkSync('itself', join(folder, 'pos', 'itself'), 'dir');
    expect(() => read(folder)).toThrow('itself: not a regular file (it is a link that leads nowhere)');
    rmSync(join(folder, 'pos', 'itself'));
    const { pairs, notices } = read(folder);
    expect(pairs).toEqual(['pos: fine']);
    expect(notices).toEqual([
      `${folder}: left out: 2 files beside the folders of classes (README, …); 1 class without files (neg); ` +
        `1 name that begins with a dot (${join('pos', '.DS_Store')}); ` +
        `2 links to folders that have been read (${join('pos', 'sub', 'top')}, …).`,
    ]);
  });

  test('two spellings of a label are one class, in folders and in every format', () => {
    const folder = scratchFolder();
    scratchFile('cafe\u0301/a.txt', 'one', folder);
    scratchFile('caf\u00e9/b.txt', 'two', folder);
    expect(read(folder).pairs).toEqual(['café: one', 'café: two']);
    const spelt = ['cafe\u0301', 'caf\u00e9'];
    for (const [name, content] of [
      ['data.txt', spelt.map((label) => `${label} x\n`).join('')],
      ['data.csv', `label,text\n${spelt.map((label) => `${label},x\n`).join('')}`],
      ['data.jsonl', spelt.map((label) => `${JSON.stringify({ label, text: 'x' })}\n`).join('')],
    ]) {
      expect(new Set(read(scratchFile(name, content)).pairs)).toEqual(new Set(['café: x']));
    }
  });
});

describe('bytes that are not UTF-8', () => {
  const utf8 = Buffer.from('a naïve\nb déjà vu\na 你好\n');
  const bad = Buffer.from('b caf\xe9\n', 'latin1');

  test('one in a file of UTF-8 is an error with its line, or the line is left out and the rest stays UTF-8', () => {
    const path = scratchFile('data.txt', Buffer.concat([utf8, bad, utf8]));
    expect(() => read(path)).toThrow(`${path}, line 4: there are bytes that are not text`);
    const { pairs, notices } = read(path, true);
    expect(pairs.length).toBe(6);
    expect(pairs.slice(0, 3)).toEqual(['a: naïve', 'b: déjà vu', 'a: 你好']);
    expect(notices).toEqual([`${path}: 1 bad row left out.`]);
  });

  test('the same in CSV and JSON lines', () => {
    const csv = Buffer.concat([Buffer.from('label,text\nb,déjà vu\n'), Buffer.from('b,caf\xe9\n', 'latin1')]);
    const json = Buffer.concat([
      Buffer.from('{"label":"b","text":"déjà vu"}\n\n'),
      Buffer.from('{"label":"b","text":"caf\xe9"}\n', 'latin1'),
    ]);
    for (const [name, content] of [
      ['data.csv', csv],
      ['data.jsonl', json],
    ] as const) {
      const path = scratchFile(name, content);
      expect(() => read(path)).toThrow(`${path}, line 3: there are bytes`);
      expect(read(path, true).pairs).toEqual(['b: déjà vu']);
    }
  });

  test('in a folder of classes are an error with the file and the line', () => {
    const folder = scratchFolder();
    scratchFile('pos/1.txt', utf8, folder);
    const path = scratchFile('pos/2.txt', Buffer.concat([utf8, bad]), folder);
    expect(() => read(folder)).toThrow(`${path}, line 4: there are bytes`);
    expect(read(folder, true).pairs.length).toBe(1);
  });

  test('a U+FFFD in the file is text, also beside bad bytes', () => {
    const path = scratchFile('data.txt', Buffer.concat([Buffer.from('a x\ufffdy\na ü\n'), bad]));
    expect(read(path, true).pairs).toEqual(['a: x\ufffdy', 'a: ü']);
  });

  test('a file of Latin-1 is Latin-1, with a notice', () => {
    const path = scratchFile('data.txt', Buffer.concat([bad, Buffer.from('a fianc\xe9e\n', 'latin1')]));
    expect(read(path)).toEqual({
      pairs: ['b: café', 'a: fiancée'],
      notices: [`${path}: not valid UTF-8; read as Latin-1 (Windows-1252).`],
    });
  });

  test('byte order marks and UTF-16 without one give a notice', () => {
    const text = 'a naïve film\nb 你好\n';
    const swapped = Buffer.from(text, 'utf16le').swap16();
    const expected = ['a: naïve film', 'b: 你好'];
    for (const [bytes, told] of [
      [Buffer.from(`\ufeff${text}`), 'begins with a byte order mark; read as UTF-8'],
      [Buffer.from(`\ufeff${text}`, 'utf16le'), 'read as UTF-16'],
      [Buffer.from(text, 'utf16le'), 'every other byte is zero; read as UTF-16'],
      [swapped, 'every other byte is zero; read as UTF-16'],
    ] as const) {
      const path = scratchFile('data.txt', bytes);
      expect(read(path)).toEqual({ pairs: expected, notices: [`${path}: ${told}.`] });
    }
  });

  test('half a character in UTF-16 is an error with its line', () => {
    const path = scratchFile('data.txt', Buffer.from('\ufeffa fine\nb x\ud83dy\n', 'utf16le'));
    expect(() => read(path)).toThrow(`${path}, line 2: there are bytes that are not text`);
  });
});

test('a line of standard input with a bad byte stays UTF-8 and gives a notice', async () => {
  const data = scratchFile('data.txt', toyLines(20));
  const folder = scratchFolder();
  await command(['train', ...small, '--epochs', '1', '--data', data, '--out', folder]);
  const input = Buffer.concat([
    Buffer.from('dull\n\n'),
    Buffer.from('na\xc3\xafve caf\xe9\n', 'latin1'),
    Buffer.from('a\0b\n'),
  ]);
  const { output, error } = await command(['predict', '--model', folder], input);
  expect(output.split('\n').map((line) => line.split('\t')[2])).toEqual([
    ...['dull', 'naïve caf\ufffd', 'a\ufffdb', undefined],
  ]);
  expect(error.split('\n').map((line) => line.split(':')[0])).toEqual([
    ...['standard input, line 3', 'standard input, line 4', ''],
  ]);
});
