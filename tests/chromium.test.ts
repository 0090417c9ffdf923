import { describe, expect, test } from 'vitest';
import { candidates, findChromium, type Surroundings } from '../scripts/browser/find-chromium.mjs';
import { provideChromium, waysHere } from '../scripts/browser/provide-chromium.mjs';

/** A machine with the given programs; those in `broken` do not start. */
function machine(
  files: string[],
  { broken = [], ...rest }: Partial<Surroundings> & { broken?: string[] } = {},
): Surroundings {
  const separator = rest.platform === 'win32' ? '\\' : '/';
  return {
    platform: 'linux',
    env: { PATH: '/usr/local/bin:/usr/bin' },
    home: '/home/ada',
    exists: (path) => files.includes(path),
    list: (folder) => {
      const below = files.filter((file) => file.startsWith(folder + separator));
      return [...new Set(below.map((file) => file.slice(folder.length + 1).split(separator)[0]!))];
    },
    starts: (program) => !broken.includes(program),
    ...rest,
  };
}

const headlessShell = (cache: string, build: number) =>
  `${cache}/chromium_headless_shell-${build}/chrome-headless-shell-linux64/chrome-headless-shell`;

describe('a Chromium is found', () => {
  const named = ['/opt/sluice/chromium', '/opt/chrome', '/opt/chromium'];
  const env = {
    SLUICE_CHROMIUM: named[0],
    CHROME_PATH: named[1],
    CHROMIUM_PATH: named[2],
    PATH: '/usr/local/bin:/usr/bin',
  };
  const cache = '/home/ada/.cache/ms-playwright';
  const old = `${cache}/chromium-1097/chrome-linux/chrome`;
  const files = [...named, '/usr/bin/chromium', '/usr/bin/google-chrome', headlessShell(cache, 1255), old];

  test('in the order variables, path, Playwright’s newest build, an older build', () => {
    const surroundings = machine(files, { env });
    expect(candidates(surroundings).filter((path) => surroundings.exists(path))).toEqual(files);
    expect(findChromium(surroundings)).toBe(named[0]);
    expect(findChromium(machine(files.slice(4)))).toBe('/usr/bin/google-chrome');
    expect(findChromium(machine(files.slice(5)))).toBe(headlessShell(cache, 1255));
    expect(findChromium(machine([]))).toBeUndefined();
  });

  test('unless it does not start', () => {
    const broken = ['/usr/bin/chromium', '/usr/bin/google-chrome', headlessShell(cache, 1255)];
    expect(findChromium(machine(files, { broken }))).toBe(old);
  });

  test.each([
    ['is not there', {}],
    ['does not start', { broken: [named[0]!] }],
  ])(
    'or an error is thrown when the one in SLUICE_CHROMIUM %s',
    (_, { broken = [] }: { broken?: string[] }) => {
      const surroundings = machine(broken.length > 0 ? files : files.slice(1), { env, broken });
      expect(() => findChromium(surroundings)).toThrow(
        /SLUICE_CHROMIUM is \/opt\/sluice\/chromium, which does not/,
      );
    },
  );

  test.each([
    ['PLAYWRIGHT_BROWSERS_PATH', { PLAYWRIGHT_BROWSERS_PATH: '/browsers' }, '/browsers'],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/cache' }, '/cache/ms-playwright'],
  ])('in the folder that %s names', (_, variables, folder) => {
    const browser = headlessShell(folder, 7);
    expect(findChromium(machine([browser, old], { env: variables }))).toBe(browser);
  });

  test.each([
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/home/ada/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/home/ada/Library/Caches/ms-playwright/chromium-9/chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  ])('on macOS: %s', (path) => {
    expect(findChromium(machine([path], { platform: 'darwin' }))).toBe(path);
  });

  test.each([
    'C:\\Programs\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Local\\ms-playwright\\chromium-9\\chrome-win64\\chrome.exe',
  ])('on Windows: %s', (path) => {
    const variables = { PROGRAMFILES: 'C:\\Programs', LOCALAPPDATA: 'C:\\Local' };
    expect(findChromium(machine([path], { platform: 'win32', env: variables }))).toBe(path);
  });
});

describe('a missing Chromium is fetched', () => {
  const browser = '/usr/bin/chromium';
  const run = async () => true;

  /** A way that installs `installed`, if it is given, and records its call. */
  const way = (name: string, files: string[], installed: string | undefined, tried: string[]) => ({
    name,
    get: async () => {
      tried.push(name);
      if (installed) files.push(installed);
      return installed !== undefined;
    },
  });

  test('ways are tried and announced until one works', async () => {
    const files: string[] = [];
    const tried: string[] = [];
    const said: string[] = [];
    const ways = [
      way('a download', files, undefined, tried),
      way('a broken one', files, '/usr/bin/chrome', tried),
      way('a package', files, browser, tried),
      way('a miracle', files, browser, tried),
    ];
    const surroundings = machine(files, { broken: ['/usr/bin/chrome'] });
    expect(await provideChromium({ ways, run, surroundings, say: (line) => said.push(line) })).toBe(browser);
    expect(tried).toEqual(['a download', 'a broken one', 'a package']);
    expect(said).toEqual(tried.map((name) => `no Chromium found; trying ${name}`));
    expect(await provideChromium({ ways, run, surroundings })).toBe(browser);
    expect(tried.length).toBe(3);
  });

  test('a system package is the last way, and is announced as one', () => {
    const names = waysHere().map(({ name }) => name);
    expect(names[0]).toContain('Playwright');
    const packages = names.filter((name) => name.includes('apt-get'));
    expect(packages).toEqual(names.slice(1));
    for (const name of packages) expect(name).toContain('system package chromium');
  });

  test('an error of one line says how to provide one if no way works', async () => {
    const ways = [way('a download', [], undefined, []), way('a package', [], undefined, [])];
    const outcome = provideChromium({ ways, run, surroundings: machine([]), say: () => {} });
    const message = await outcome.catch((error: Error) => error.message);
    expect(message).toMatch(/^the tests need a Chromium: .*SLUICE_CHROMIUM.*a download and a package/);
    expect(message).not.toContain('\n');
  });
});
