import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { unzip, zip } from '../src/bytes/zip.js';
import { readModel } from '../src/index.js';

const folder = fileURLToPath(new URL('../fixtures/layers-model/', import.meta.url));
const path = join(folder, 'model.json');
const names = async (source: Parameters<typeof readModel>[0]) =>
  (await readModel(source)).layers.map(({ name }) => name.replace(/_.*/, ''));
const expected = ['embedding', 'bidirectional', 'lstm', 'dense'];

let server: Server;
let address = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://localhost');
    if (pathname.startsWith('/signed/') && search !== '?key=1') response.writeHead(403).end();
    else if (/^\/(signed\/)?(model\.json|weights\.bin)$/.test(pathname)) {
      response.end(readFileSync(join(folder, basename(pathname))));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe('a model is read from', () => {
  test.each([
    ['a path', () => path],
    ['a file URL', () => pathToFileURL(path)],
    ['the text of a file URL', () => pathToFileURL(path).href],
    ['an address', () => `${address}/model.json`],
    ['a URL', () => new URL(`${address}/model.json`)],
    ['a signed address, whose query the weights need too', () => `${address}/signed/model.json?key=1`],
    ['the Files of a model', () => filesOf('model.json', 'weights.bin')],
  ])('%s', async (_, source) => {
    expect(await names(source())).toEqual(expected);
  });

  test('a file in one part: bytes, an ArrayBuffer, a Blob, a data URL', async () => {
    const bytes = new Uint8Array(readFileSync(join(folder, '../keras/nested.keras')));
    const data = `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`;
    for (const source of [bytes, bytes.buffer.slice(0), new Blob([bytes]), data]) {
      expect((await readModel(source)).layers.length).toBe(2);
    }
  });
});

const filesOf = (...files: string[]) =>
  files.map((name) => new File([readFileSync(join(folder, name))], name));

describe('reading', () => {
  test('reports its progress, with the size of the file', async () => {
    const reports: [number, number | undefined][] = [];
    await readModel(path, { onProgress: (read, total) => reports.push([read, total]) });
    const size = readFileSync(path).length;
    expect(reports).toContainEqual([size, size]);
  });

  test('stops at a signal', async () => {
    const signal = AbortSignal.abort();
    await expect(readModel(path, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(readModel(`${address}/model.json`, { signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test.each<[name: string, source: () => unknown, message: string]>([
    ['a missing path', () => '/no/such/model.json', 'there is no such file'],
    ['a folder', () => folder, 'is a folder; give the path of a file in it'],
    ...(existsSync('/dev/zero')
      ? ([
          ['a device', () => '/dev/zero', '/dev/zero is a pipe or a device; write its content to a file'],
        ] as [string, () => unknown, string][])
      : []),
    ['a missing address', () => `${address}/other.json`, 'cannot be fetched: 404'],
    ['an address without a server', () => 'http://127.0.0.1:9/model.json', 'cannot be fetched'],
    ['a File without the weights beside it', () => filesOf('model.json'), 'weights lie in another file'],
    ['bytes of a model in two files', () => new Uint8Array(readFileSync(path)), 'lie in another file'],
    ['no File at all', () => [], 'at least one File'],
    ['nothing', () => null, 'Expected a path, a URL, a File or bytes, but was given null'],
    [
      'bytes of something else',
      () => new Uint8Array(100),
      'this is no model file that Sluice reads. It reads: ',
    ],
    ['no bytes', () => new Uint8Array(0), 'this is no model file'],
    ...(
      [
        ['saved_model.pb', 'this is a SavedModel, which holds a program. In Python, with Keras 2: '],
        ['model.index', 'this is a part of a checkpoint of TensorFlow'],
        ['model.data-00000-of-00001', 'this is a part of a checkpoint of TensorFlow'],
        ['model.tflite', 'this is a model of TensorFlow Lite'],
      ] as const
    ).map(
      ([name, message]) =>
        [name, () => new File([new Uint8Array(100)], name), message] as [string, () => unknown, string],
    ),
  ])('%s is an error', async (_, source, message) => {
    await expect(readModel(source() as never)).rejects.toThrow(message);
  });

  test('an unknown option is an error', async () => {
    await expect(readModel(path, { assumed: {} } as never)).rejects.toThrow(
      'There is no option assumed. There are assume, onProgress, signal.',
    );
  });

  test('never leaves the folder of the model', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'sluice-formats-'));
    onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
    mkdirSync(join(scratch, 'model'));
    writeFileSync(join(scratch, 'weights.bin'), readFileSync(join(folder, 'weights.bin')));
    for (const outside of [
      '../weights.bin',
      join(scratch, 'weights.bin'),
      'a/../../weights.bin',
      'file:///etc/hosts',
    ]) {
      const text = readFileSync(path, 'utf8').replace('"weights.bin"', JSON.stringify(outside));
      writeFileSync(join(scratch, 'model', 'model.json'), text);
      await expect(readModel(join(scratch, 'model', 'model.json'))).rejects.toThrow(
        'which is not in its own folder',
      );
    }
  });
});

describe('a zip archive', () => {
  const parts = new Map([
    ['a.txt', new TextEncoder().encode('text')],
    ['deep/b.bin', new Uint8Array(100).fill(7)],
  ]);

  test('is written and read again, the same bytes every time', () => {
    const bytes = zip(parts);
    expect(unzip(bytes, 'x.zip')).toEqual(parts);
    expect(zip(parts)).toEqual(bytes);
    expect([...unzip(bytes, 'x.zip', (name) => name === 'a.txt').keys()]).toEqual(['a.txt']);
  });

  test('that unpacks to far more than its size is refused before that', () => {
    const bomb = zipSync({ 'zeros.bin': [new Uint8Array(40_000_000), { level: 9 }] });
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => unzip(bomb, 'bomb.keras')).toThrow(
      'bomb.keras: the archive unpacks to more than 100 times its size',
    );
  });

  test('that lies about the size of a file is refused', () => {
    const bytes = zip(parts);
    const view = new DataView(bytes.buffer);
    const directory = bytes.length - 22 - 2 * 46 - 'a.txt'.length - 'deep/b.bin'.length;
    expect(view.getUint32(directory, true)).toBe(0x02014b50);
    view.setUint32(directory + 24, 5000, true);
    expect(() => unzip(bytes, 'x.zip')).toThrow(/x\.zip: /);
  });

  test.each([
    ['too many files', (view: DataView) => view.setUint16(view.byteLength - 22 + 10, 0xffff, true)],
    ['a directory far away', (view: DataView) => view.setUint32(view.byteLength - 22 + 16, 0xffffffff, true)],
    [
      'a file of more than 4 GB',
      (view: DataView) =>
        view.setUint32(view.byteLength - 22 - 46 - 'deep/b.bin'.length + 20, 0xffffffff, true),
    ],
  ])('that claims %s is refused at once', (_, change) => {
    const bytes = zip(parts);
    change(new DataView(bytes.buffer));
    expect(() => unzip(bytes, 'x.zip')).toThrow('larger than 4 GB');
  });

  test('with a changed byte or without its end is refused', () => {
    const bytes = zip(parts);
    const changed = bytes.slice();
    changed[bytes.indexOf(7)] = 8;
    expect(() => unzip(changed, 'x.zip')).toThrow('the checksum of deep/b.bin is wrong');
    expect(() => unzip(bytes.subarray(0, bytes.length - 30), 'x.zip')).toThrow(
      'directory of the zip archive is missing',
    );
  });
});
