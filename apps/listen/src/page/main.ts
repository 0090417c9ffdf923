import '@picocss/pico/css/pico.min.css';
import './style.css';
import type { AudioStatus } from '@sluice/stream/audio';
import { keepForOffline } from '../../../../scripts/page/keep-for-offline.js';
import { gates } from '../detector/network.js';
import { type Listener, listen, type Sound } from './listener.js';
import { loadDetector, type OpenedModel, openModel } from './model.js';
import { Pictures } from './pictures.js';

const find = <Kind extends HTMLElement>(id: string) => document.querySelector(`#${id}`) as Kind;
const microphone = find<HTMLButtonElement>('microphone');
const sound = find<HTMLInputElement>('sound');
const modelFile = find<HTMLInputElement>('model');
const stopButton = find<HTMLButtonElement>('stop');
const message = find('message');
const answer = find('answer');
const probability = find<HTMLMeterElement>('probability');

const NAMES: Readonly<Record<string, string>> = {
  z: 'update gate z',
  r: 'reset gate r',
  n: 'candidate n',
  h: 'state h',
};
find('gate-names').textContent = `The GRU, a line for each unit; from above: ${gates
  .map(({ name }) => NAMES[name] ?? name)
  .join(', ')}. Bright is 1.`;

const pictures = new Pictures((id) => find<HTMLCanvasElement>(id), gates);
let model: Promise<OpenedModel> = loadDetector();
/** Messages are for people: a reader must not hear each change within a word. */
const LEAST_MS = 400;

let listener: Listener | null = null;
let saidAt = 0;

function say(text: string, isError = false): void {
  message.textContent = text;
  message.classList.toggle('error', isError);
}

function showAnswer(value: number): void {
  probability.value = value;
  find('percent').textContent = `${Math.round(100 * value)} %`;
  const text = value >= 0.5 ? 'speech' : 'silence';
  if (answer.textContent === text || performance.now() - saidAt < LEAST_MS) return;
  answer.textContent = text;
  saidAt = performance.now();
}

function showStatus({ load, clock, glitches, frames, skipped }: AudioStatus): void {
  find('load').textContent =
    clock === 'none' ? 'unknown: this browser has no clock there' : `${load.toFixed(1)} %`;
  find('glitches').textContent = `${glitches}`;
  find('frames').textContent = skipped > 0 ? `${frames}, ${skipped} skipped` : `${frames}`;
}

async function stop(): Promise<void> {
  const running = listener;
  listener = null;
  stopButton.disabled = true;
  await running?.stop();
}

async function start(chosen: Sound): Promise<void> {
  await stop();
  pictures.clear();
  say('Starting …');
  try {
    const opened = await model;
    listener = await listen(chosen, opened, {
      onResult: ({ values }, analyser) => {
        showAnswer(values[0]);
        pictures.draw(analyser, values, opened.hasGates);
      },
      onStatus: showStatus,
      onError: ({ message: text }) => say(text, true),
      onEnd: () => {
        say('The sound has come to its end.');
        void stop();
      },
    });
    stopButton.disabled = false;
    say(chosen.kind === 'microphone' ? 'Listening to the microphone.' : `Playing ${chosen.file.name}.`);
  } catch (error) {
    say((error as Error).message, true);
  }
}

/** Takes a network from a file. If there is none in it, the one before stays. */
async function openFile(file: File): Promise<void> {
  await stop();
  say(`Opening ${file.name} …`);
  const numberOf = (id: string) => find<HTMLInputElement>(id).valueAsNumber;
  try {
    const opened = await openModel(file, { samples: numberOf('samples'), context: numberOf('context') });
    model = Promise.resolve(opened);
    find('gates-figure').hidden = !opened.hasGates;
    say(`${opened.name} is ready.`);
  } catch (error) {
    say((error as Error).message, true);
  }
}

microphone.addEventListener('click', () => void start({ kind: 'microphone' }));
sound.addEventListener('change', () => {
  const [file] = sound.files ?? [];
  // The same file can be chosen again.
  sound.value = '';
  if (file !== undefined) void start({ kind: 'file', file });
});
modelFile.addEventListener('change', () => {
  const [file] = modelFile.files ?? [];
  if (file !== undefined) void openFile(file);
});
stopButton.addEventListener('click', () => {
  void stop();
  say('Stopped.');
});
model.catch((error: Error) => say(error.message, true));
void keepForOffline('sluice-listen');
