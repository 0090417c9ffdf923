import type { Backend } from '@sluice/core/backend';
import type { ConformanceCase } from './list-cases.js';
import { setSeed } from './random.js';
import type { ConformanceReport } from './report.js';
import { type CellShare, checkSelection, type Level, type Selection, type Tier } from './selection.js';
import type { Subject } from './suites/subject.js';
import { type Tolerances, type TolerancesName, tolerances, WorstErrors } from './tolerances.js';

/** A backend for the suite. */
export interface BackendUnderTest<Buffer, Instance> {
  /** The name in the list of tests. */
  readonly name: string;
  /** Creates the backend. Called before the first test, and by tests that need a second instance. */
  readonly create: () => (Instance & Backend<Buffer>) | Promise<Instance & Backend<Buffer>>;
  /** Frees an instance's threads or device. Called once for each instance. */
  readonly destroy?: (backend: Instance) => void | Promise<void>;
  /** The tolerances, or the device whose tolerances apply. Default `cpu`: float32 arithmetic. */
  readonly tolerances?: TolerancesName | Tolerances;
  /**
   * The number of the backend's buffers that are not freed, or their bytes. With it the suite checks that calls leave no
   * buffer after all are released.
   */
  readonly liveBuffers?: (backend: Instance) => number;
  /** Called with the report after the last test. Default: prints it. */
  readonly onReport?: (report: ConformanceReport) => void | Promise<void>;
  /**
   * The cases to run. Default `full`: all. `quick` takes about a third of the time: each shape runs on one cell in six.
   */
  readonly tier?: Tier;
  /**
   * The cells of the suites that test every cell. Default `all`. Two devices of one backend can test the `first half` and
   * the `second half`; a slow device can test a quarter, from `first quarter` to `fourth quarter`.
   */
  readonly cells?: CellShare;
  /**
   * How many of the 300 cells with random equations run; of a share of the cells as large a share of them. Default: all, in
   * the tier `quick` 100.
   */
  readonly randomCells?: number;
  /** Default `training`. `inference` is for a backend without gradients: its `gradient` is never called. */
  readonly level?: Level;
  /**
   * Changes every random number of the suite. Default 0: the same numbers in every run. A process has one seed.
   */
  readonly seed?: number;
}

/** The options of a backend with their defaults. Sets the seed. @throws RangeError for a value that does not exist */
export function settingsOf<Buffer, Instance>(given: BackendUnderTest<Buffer, Instance>) {
  const { tier = 'full', cells = 'all', level = 'training', seed = 0, randomCells } = given;
  setSeed(seed);
  const selection: Selection = { tier, cells, level, randomCells };
  checkSelection(selection);
  return { selection, seed, tolerances: tolerancesOf(given.tolerances ?? 'cpu') };
}

/** @throws RangeError for an unknown device, or when one of the two tolerances is no number */
function tolerancesOf(given: TolerancesName | Tolerances): Tolerances {
  const used: Partial<Tolerances> | null = typeof given === 'object' ? given : tolerances[given];
  if (typeof used?.forward === 'number' && typeof used.gradient === 'number') return used as Tolerances;
  throw new RangeError(
    `tolerances is ${JSON.stringify(given)}; expected ${Object.keys(tolerances).join(', ')} or { forward: 2e-6, gradient: 2e-5 }.`,
  );
}

/** The methods of a backend. `Record` makes the compiler find a missing one. */
const METHODS = Object.keys({
  upload: true,
  download: true,
  release: true,
  savedLength: true,
  forward: true,
  gradient: true,
} satisfies Record<Exclude<keyof Backend<unknown>, 'name'>, true>);

/** @throws TypeError naming the missing method when something is no backend */
function checkBackend(given: unknown): void {
  const members = (given ?? {}) as Readonly<Record<string, unknown>>;
  const missing = METHODS.find((method) => typeof members[method] !== 'function');
  if (missing === undefined) return;
  throw new TypeError(
    `create must return a backend, or a promise of one; it returned ${given === undefined ? 'undefined' : `a value without the method ${missing}`}.`,
  );
}

/** An instance of a backend under test, with what its cases need. */
export class TestedInstance<Buffer, Instance> {
  readonly worstErrors = new WorstErrors();
  private backend: (Instance & Backend<Buffer>) | undefined;

  constructor(
    private readonly given: BackendUnderTest<Buffer, Instance>,
    private readonly settings: ReturnType<typeof settingsOf>,
  ) {}

  /** @throws Error when the backend is not created. */
  async start(): Promise<void> {
    const backend = await this.given.create();
    checkBackend(backend);
    this.backend = backend;
  }

  async end(): Promise<void> {
    if (this.backend !== undefined) await this.given.destroy?.(this.backend);
    this.backend = undefined;
  }

  /** @throws Error when the backend does not pass the case. */
  async check({ check }: ConformanceCase): Promise<void> {
    const { create, destroy, liveBuffers } = this.given;
    const { backend, worstErrors } = this;
    if (backend === undefined) throw new Error('The backend was not created.');
    const subject: Subject<Buffer> = {
      backend,
      tolerances: this.settings.tolerances,
      level: this.settings.selection.level,
      worstErrors,
      withInstance: async (work) => {
        const other = await create();
        try {
          return await work(other);
        } finally {
          await destroy?.(other);
        }
      },
      liveBuffers: liveBuffers && (() => liveBuffers(backend)),
    };
    await check(subject);
  }
}
