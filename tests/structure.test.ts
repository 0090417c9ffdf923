import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examples, filesBelow, readManifest, root, workspacePackages } from './workspace.js';

/** Modules that start WebGPU in Node; only the subpath `./node` imports them. */
const nodeModules = [/^webgpu$/, /^node:fs$/];

/** Modules that declare tests; only the subpath `./testing` imports them. */
const testingModules = [/^vitest$/, /^@sluice\/conformance$/];

/** Modules of a command line program; only the folder `command` of the suite imports them. */
const commandModules = [/^node:/, /^(cli-progress|commander|junit-report-builder)$/];

const core = /^@sluice\/core(\/(equations|layouts|network|pytorch|backend|quantized-rows|random))?$/;
const tfjs = /^@sluice\/tfjs$/;

/**
 * The modules that the sources of a package may import besides their own files. Imports point one way:
 * core ◀ tfjs ◀ backend-* and layers ◀ apps. Layers find backends in TensorFlow.js's kernel registry and import none.
 */
const allowedImports: [packageName: RegExp, allowed: RegExp[]][] = [
  [/^core$/, []],
  [/^tfjs$/, [core]],
  // The type of the file system alone: in Node the reader asks the process for it.
  [/^formats$/, [core, /^node:fs\/promises$/, /^(fflate|h5wasm|jsfive|@bufbuild\/protobuf)(\/.*)?$/]],
  [/^backend-webgpu$/, [core, tfjs, /^@tensorflow\//, ...nodeModules]],
  [/^backend-/, [core, tfjs, /^@tensorflow\//]],
  [
    /^layers$/,
    [
      core,
      tfjs,
      /^@sluice\/formats(\/(layers-model|write))?$/,
      /^@tensorflow\/tfjs-(core|layers)$/,
      /^node:/,
      ...testingModules,
    ],
  ],
  [
    /^stream$/,
    [core, /^@sluice\/backend-(cpu|wasm)(\/(frame|integer-products))?$/, /^@sluice\/formats(\/onnx)?$/],
  ],
  [/^conformance$/, [core, /^vitest(\/internal\/browser)?$/, ...commandModules]],
];

const longestFile = 350;
/** Fewer lines than this seldom hold a theme: put them into the file that uses them. */
const tinyFile = 36;
/** The largest share of tiny files in a package. */
const mostTiny = 0.3;
const vagueNames = /^(utils?|helpers?|misc|common)\b/;

const imports = new Map<string, string[]>();

/** The module names that a TypeScript file imports, statically, dynamically or as types. */
function importsOf(path: string): string[] {
  let names = imports.get(path);
  if (!names) {
    const source = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const code = source.replace(/^\s*(\/?\*|\/\/).*$/gm, '');
    names = [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!);
    imports.set(path, names);
  }
  return names;
}

/** Every import of the sources of a package that is neither relative nor allowed, as `file imports name`. */
function forbiddenImports(folder: string, allowed: RegExp[]): string[] {
  return filesBelow(`${folder}/src`, ['.ts']).flatMap((path) =>
    importsOf(path)
      .filter((name) => !name.startsWith('.') && !allowed.some((pattern) => pattern.test(name)))
      .map((name) => `${relative(root, path)} imports ${name}`),
  );
}

/** The files that a source file imports by a relative name. */
const importedFiles = (path: string): string[] =>
  importsOf(path)
    .filter((name) => name.startsWith('.'))
    .map((name) => join(dirname(path), name.replace(/\.js$/, '.ts')));

/** The files that a source file loads, itself included, following relative imports. */
function loadedFiles(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const path of importedFiles(entry)) loadedFiles(path, seen);
  return seen;
}

/** The files of a package that import each other in a circle, type-only imports included. */
function filesInCircles(folder: string): string[] {
  const paths = filesBelow(`${folder}/src`, ['.ts']);
  const inCircle = paths.filter((path) => importedFiles(path).some((next) => loadedFiles(next).has(path)));
  return inCircle.map((path) => relative(root, path)).sort();
}

describe('packages import only allowed modules', () => {
  const libraries = workspacePackages.filter(({ folder }) => folder.startsWith('packages/'));
  test.each(libraries)('$manifest.name', ({ folder, manifest }) => {
    const rule = allowedImports.find(([name]) => name.test(basename(folder)));
    expect(rule, `no import rule for ${folder}: add one to tests/structure.test.ts`).toBeDefined();
    const allowed = rule![1];
    expect(forbiddenImports(folder, allowed)).toEqual([]);
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
    const excess = Object.keys(declared).filter((name) => !allowed.some((pattern) => pattern.test(name)));
    expect(excess, `${folder}/package.json depends on too much`).toEqual([]);
  });

  test('@sluice/layers loads no module for tests and none of Node', () => {
    const loaded = [...loadedFiles(join(root, 'packages/layers/src/index.ts'))];
    const names = loaded.flatMap((path) => importsOf(path));
    const refused = [...testingModules, /^node:/];
    expect(names.filter((name) => refused.some((pattern) => pattern.test(name)))).toEqual([]);
  });

  test.each(['index', 'browser'])('@sluice/conformance/%s needs no Node', (entry) => {
    const loaded = [...loadedFiles(join(root, `packages/conformance/src/${entry}.ts`))];
    const names = loaded.flatMap((path) => importsOf(path));
    expect(names.filter((name) => commandModules.some((pattern) => pattern.test(name)))).toEqual([]);
  });

  const engines = libraries.filter(({ folder }) => existsSync(join(root, folder, 'src/engine.ts')));
  test.each(engines)('$manifest.name/engine needs no TensorFlow.js and no Node', ({ folder }) => {
    const loaded = [...loadedFiles(join(root, folder, 'src/engine.ts'))];
    const bound = loaded.filter((path) =>
      importsOf(path).some(
        (name) => name.includes('tensorflow') || nodeModules.some((pattern) => pattern.test(name)),
      ),
    );
    expect(bound.map((path) => relative(root, path))).toEqual([]);
  });
});

describe('no files import each other in a circle', () => {
  test.each(workspacePackages)('$folder', ({ folder }) => {
    expect(filesInCircles(folder), 'break the circle').toEqual([]);
  });
});

describe('files', () => {
  const sources = [...workspacePackages.map(({ folder }) => folder), 'tests', 'scripts'].flatMap((folder) =>
    filesBelow(folder, ['.ts', '.mjs']),
  );

  test(`none is longer than ${longestFile} lines`, () => {
    const lengths = sources.map((path) => ({
      path,
      lines: readFileSync(path, 'utf8').split('\n').length - 1,
    }));
    const long = lengths.filter(({ lines }) => lines > longestFile);
    expect(long.map(({ path, lines }) => `${relative(root, path)}: ${lines} lines`)).toEqual([]);
  });

  test.each(workspacePackages)('few of $folder are tiny', ({ folder }) => {
    const paths = filesBelow(`${folder}/src`, ['.ts']);
    const tiny = paths.filter((path) => readFileSync(path, 'utf8').split('\n').length - 1 < tinyFile);
    expect(tiny.length / paths.length, `files under ${tinyFile} lines`).toBeLessThanOrEqual(mostTiny);
  });

  test('none has a vague name', () => {
    expect(
      sources.filter((path) => vagueNames.test(basename(path))).map((path) => relative(root, path)),
    ).toEqual([]);
  });

  test('none compiles text as code, so a strict content security policy works', () => {
    const shipped = sources.filter((path) => /[\\/]src[\\/]/.test(path));
    const dynamic = shipped.filter((path) =>
      /\beval\s*\(|\bnew\s+Function\b/.test(readFileSync(path, 'utf8')),
    );
    expect(dynamic.map((path) => relative(root, path))).toEqual([]);
  });
});

describe('packages', () => {
  test.each(workspacePackages)('$folder has a README and the licence', ({ folder }) => {
    expect(existsSync(join(root, folder, 'README.md')), `${folder}/README.md is missing`).toBe(true);
    const licence = readFileSync(join(root, folder, 'LICENSE'), 'utf8');
    expect(licence).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
  });

  const published = workspacePackages.filter(({ manifest }) => !manifest.private);
  // RELEASING.md names the fields that only the owner of the repository can add.
  test.each(published)('$manifest.name has all fields that npm shows', ({ manifest }) => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\.$/),
      keywords: expect.arrayContaining([expect.any(String)]),
      license: 'MIT',
      author: 'The Sluice authors',
      engines: readManifest('.').engines,
      files: expect.arrayContaining(['dist', 'src']),
      publishConfig: { access: 'public', provenance: true },
    });
    for (const conditions of Object.values(manifest.exports ?? {})) {
      expect(Object.keys(conditions)[0], 'TypeScript reads the first condition that it knows').toBe('types');
    }
  });

  // A bundler drops a file that is not listed when nothing that it exports is used.
  const libraries = published.filter(({ manifest }) => manifest.exports);
  test.each(libraries)('$manifest.name lists its files with side effects', ({ folder, manifest }) => {
    const statement = /^(?:[\w.]+\(|for \(|import ')/m;
    const active = filesBelow(`${folder}/src`, ['.ts']).filter((path) =>
      statement.test(readFileSync(path, 'utf8')),
    );
    const sources = join(root, folder, 'src');
    const built = active.map((path) => `./dist/${relative(sources, path).replace(/ts$/, 'js')}`);
    expect(manifest.sideEffects || []).toEqual(expect.arrayContaining(built));
  });

  test('none runs a script when it is installed', () => {
    const withScripts = workspacePackages.filter(({ manifest }) =>
      ['preinstall', 'install', 'postinstall', 'prepare'].some((name) => manifest.scripts?.[name]),
    );
    expect(withScripts.map(({ folder }) => folder)).toEqual([]);
  });

  test('the lockfile names no registry and no tarball address', () => {
    const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
    expect(lockfile.match(/tarball:.*|registry[.\w-]*\/.*/g)).toBeNull();
  });

  test('pnpm is pinned to one version', () => {
    expect(readManifest('.').packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+$/);
  });
});

describe('examples', () => {
  const text = (path: string) => readFileSync(join(root, 'examples', path), 'utf8');
  const ranges = new Map(
    workspacePackages.map(({ manifest: { name, version } }) => [name, `^${version}`] as const),
  );

  test('the table names each of them', () => {
    const named = [...text('README.md').matchAll(/^\| \[([\w-]+)\]\(\1\) /gm)].map((match) => match[1]!);
    expect(named.sort()).toEqual(examples.map(({ name }) => name).sort());
  });

  test.each(examples)('$name is a small project with the packages that it imports', ({ name, manifest }) => {
    expect(manifest).toMatchObject({ private: true, scripts: { start: expect.any(String) } });
    expect(text(`${name}/README.md`).split('\n').length - 1).toBeLessThanOrEqual(25);
    const sources = filesBelow(`examples/${name}`, ['.mjs']).filter(
      (path) => !path.endsWith('vite.config.mjs'),
    );
    expect(sources.length).toBeLessThanOrEqual(3);

    const imported = sources
      .flatMap(importsOf)
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map((specifier) => specifier.split('/', 2).join('/'));
    const declared = Object.entries(manifest.dependencies ?? {});
    expect(declared.map(([dependency]) => dependency)).toEqual(expect.arrayContaining(imported));
    for (const [dependency, range] of declared.filter(([each]) => ranges.has(each))) {
      expect(range, dependency).toBe(ranges.get(dependency));
    }
  });
});
