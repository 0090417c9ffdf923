import type { Reply, Request, RunSettings } from '../protocol.js';
import { addingTask, copyingTask } from '../tasks/numbers.js';
import type { Task } from '../tasks/task.js';
import { fileTask, languagesTask } from '../tasks/texts.js';
import { startDevice } from './devices.js';
import { Run } from './run.js';
import { zipOfModel } from './saved-model.js';

type File = Extract<Request, { kind: 'train' }>['file'];

/** Answers the page's requests, one after the other; a cancellation at once. */
export class Session {
  private run: Run | undefined;
  private task: Task | undefined;
  private settings: RunSettings | undefined;
  private isCancelled = false;
  private busy: Promise<void> = Promise.resolve();

  constructor(private readonly reply: (reply: Reply) => void) {}

  handle(request: Request): Promise<void> {
    if (request.kind === 'cancel') {
      this.isCancelled = true;
      return this.busy;
    }
    this.busy = this.busy.then(() => this.answer(request)).catch((error: unknown) => this.fail(error));
    return this.busy;
  }

  private fail(error: unknown): void {
    const lines = (error as { lines?: readonly string[] }).lines ?? [];
    const message = error instanceof Error ? error.message : String(error);
    this.reply({ kind: 'failed', message: [message, ...lines].join('\n') });
  }

  private async answer(request: Exclude<Request, { kind: 'cancel' }>): Promise<void> {
    switch (request.kind) {
      case 'train':
        return this.train(request.settings, request.file);
      case 'look':
        return this.reply({ kind: 'looked', looks: await this.trained().look(request.text) });
      case 'save':
        return this.save(request.cell);
    }
  }

  private async train(settings: RunSettings, file: File): Promise<void> {
    this.isCancelled = false;
    this.run?.dispose();
    this.run = undefined;
    await startDevice(settings.device);
    this.task = taskOf(settings, file);
    this.settings = settings;
    const run = new Run(this.task, settings);
    this.run = run;
    this.reply({ kind: 'started', parameters: run.networks.map(({ model }) => model.countParams()) });
    const isComplete = await run.train({
      progress: (progress) => this.reply({ kind: 'progress', progress }),
      tested: (cell, epoch, loss, accuracy) => this.reply({ kind: 'tested', cell, epoch, loss, accuracy }),
      diverged: (cell, epoch) => this.reply({ kind: 'diverged', cell, epoch }),
      isCancelled: () => this.isCancelled,
    });
    this.reply({ kind: 'finished', cancelled: !isComplete });
  }

  private trained(): Run {
    if (this.run === undefined) throw new Error('Nothing is trained yet; train the cells first.');
    return this.run;
  }

  private async save(cell: number): Promise<void> {
    const { model } = this.trained().networks[cell];
    const { task, settings } = this;
    if (!task || !settings) return;
    const text = settings.cells[cell];
    const zip = await zipOfModel(model, text, task, settings.epochs);
    this.reply({ kind: 'saved', name: `${text.name.replace(/[^\p{L}\p{N}]+/gu, '-')}.zip`, zip });
  }
}

/** @throws Error when the task needs a file and there is none. */
function taskOf(settings: RunSettings, file: File): Task {
  switch (settings.task) {
    case 'languages':
      return languagesTask(settings);
    case 'adding':
      return addingTask(settings);
    case 'copying':
      return copyingTask(settings);
    case 'file':
      if (file === undefined)
        throw new Error('Choose a text file: on each line a label, a tab or a comma, and a text.');
      return fileTask(file, settings);
  }
}
