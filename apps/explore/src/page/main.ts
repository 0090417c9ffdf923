import '@picocss/pico/css/pico.min.css';
import 'katex/dist/katex.min.css';
import './style.css';
import { keepForOffline } from '../../../../scripts/page/keep-for-offline.js';
import type { Reply, Request, RunSettings } from '../protocol.js';
import { GRU, SRU } from './catalogue.js';
import { CellCard } from './cell-card.js';
import { byId } from './elements.js';
import { fragmentOf, settingsOf } from './link.js';
import { showLooks } from './looking-view.js';
import { TrainingView } from './training-view.js';

const MOST_CELLS = 4;

const worker = new Worker(new URL('./worker-thread.ts', import.meta.url), { type: 'module' });
const ask = (request: Request) => worker.postMessage(request);
const number = (id: string) => byId(id, HTMLInputElement);
const choice = (id: string) => byId(id, HTMLSelectElement);
const button = (id: string) => byId(id, HTMLButtonElement);

let cards: CellCard[] = [];
let running: RunSettings | undefined;
const view = new TrainingView((cell) => ask({ kind: 'save', cell }), say);

function say(message: string, isError = false): void {
  const place = byId('message', HTMLElement);
  place.textContent = message;
  place.classList.toggle('error', isError);
}

function addCard(text: RunSettings['cells'][number]): void {
  const units = () => number('units').valueAsNumber || 1;
  const remove = (card: CellCard) => {
    cards = cards.filter((other) => other !== card);
    card.root.remove();
    changed();
    button('add').focus();
  };
  const card = new CellCard(text, units, remove, changed);
  cards.push(card);
  byId('cells', HTMLElement).append(card.root);
  changed();
}

/** Only what can be done is enabled, and results say when they are of other settings. */
function changed(): void {
  const isSame = running === undefined || JSON.stringify(running) === JSON.stringify(settings());
  byId('stale', HTMLElement).hidden = isSame;
  button('add').disabled = cards.length >= MOST_CELLS;
  for (const { root } of cards) {
    const remove = root.querySelector<HTMLButtonElement>('.remove');
    if (remove) remove.disabled = cards.length === 1;
  }
}

/** The cells' texts; of two with the same name, the second gets a number. */
function texts(): RunSettings['cells'] {
  const names = new Map<string, number>();
  return cards.map(({ text }) => {
    const count = (names.get(text.name) ?? 0) + 1;
    names.set(text.name, count);
    return count === 1 ? text : { ...text, name: `${text.name} ${count}` };
  });
}

const settings = (): RunSettings => ({
  cells: texts(),
  task: choice('task').value as RunSettings['task'],
  device: choice('device').value as RunSettings['device'],
  units: number('units').valueAsNumber,
  epochs: number('epochs').valueAsNumber,
  learningRate: number('rate').valueAsNumber,
  seed: number('seed').valueAsNumber,
});

function show(given: RunSettings): void {
  choice('task').value = given.task;
  choice('device').value = given.device;
  number('units').valueAsNumber = given.units;
  number('epochs').valueAsNumber = given.epochs;
  number('rate').valueAsNumber = given.learningRate;
  number('seed').valueAsNumber = given.seed;
  for (const { root } of cards) root.remove();
  cards = [];
  for (const text of given.cells) addCard(text);
  taskChanged();
}

function taskChanged(): void {
  const { task } = settings();
  byId('file-label', HTMLElement).hidden = task !== 'file';
  byId('text-label', HTMLElement).hidden = task === 'adding' || task === 'copying';
  byId('accuracy-caption', HTMLElement).textContent =
    task === 'adding'
      ? 'Share of answers within 0.1 of the sum, on the test set'
      : 'Share of right answers on the test set';
}

async function train(): Promise<void> {
  const given = settings();
  const file = number('file').files?.[0];
  running = given;
  setRunning(true);
  byId('look-section', HTMLElement).hidden = true;
  changed();
  say('Starting …');
  const text = given.task === 'file' && file ? { name: file.name, text: await file.text() } : undefined;
  ask({ kind: 'train', settings: given, ...(text && { file: text }) });
}

function setRunning(isRunning: boolean): void {
  button('train').disabled = isRunning;
  button('start').disabled = isRunning;
  button('cancel').disabled = !isRunning;
}

worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
  switch (data.kind) {
    case 'started':
      return view.start(running?.cells ?? [], data.parameters);
    case 'progress':
      return view.progress(data.progress, running?.epochs ?? 1);
    case 'tested':
      return view.tested(data);
    case 'diverged':
      return view.diverged(data.cell, data.epoch);
    case 'finished': {
      setRunning(false);
      view.finish();
      byId('look-section', HTMLElement).hidden = false;
      const fate = view.isTested
        ? 'What was learned so far can be looked at.'
        : 'The cells have learned little so far.';
      say(data.cancelled ? `Cancelled. ${fate}` : 'Finished. Look inside below.');
      return ask({ kind: 'look', text: byId('text', HTMLInputElement).value });
    }
    case 'looked':
      return showLooks(data.looks);
    case 'saved':
      return download(data.name, data.zip);
    case 'failed':
      setRunning(false);
      byId('progress', HTMLProgressElement).hidden = true;
      return say(data.message, true);
  }
});
worker.addEventListener('error', ({ message }) =>
  say(`The worker of this page has failed: ${message}`, true),
);

function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/zip' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(`Saved ${name}. Unzip it into a folder; sluice-classify predict --model FOLDER opens it.`);
}

byId('settings', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void train();
});
byId('look-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  ask({ kind: 'look', text: byId('text', HTMLInputElement).value });
});
button('start').addEventListener('click', () => {
  byId('settings', HTMLFormElement).requestSubmit();
  byId('train-title', HTMLElement).scrollIntoView();
});
button('cancel').addEventListener('click', () => ask({ kind: 'cancel' }));
button('add').addEventListener('click', () => addCard(GRU));
button('link').addEventListener('click', () => {
  location.hash = fragmentOf(settings());
  void navigator.clipboard?.writeText(location.href).then(
    () => say('The link is copied, and in the address bar.'),
    () => say('The link is in the address bar.'),
  );
});
choice('task').addEventListener('change', taskChanged);
byId('settings', HTMLFormElement).addEventListener('input', changed);
number('units').addEventListener('input', () => {
  for (const card of cards) card.refresh();
});

/** Cells and settings of the link, else the article's comparison. */
function begin(): void {
  const article = { ...settings(), cells: [GRU, SRU] };
  try {
    show(location.hash.length > 1 ? settingsOf(location.hash.slice(1)) : article);
  } catch (error) {
    show(article);
    say((error as Error).message, true);
  }
}

begin();
window.addEventListener('hashchange', begin);
void keepForOffline('sluice-explore');
