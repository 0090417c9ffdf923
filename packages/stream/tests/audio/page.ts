import { writeStreamModule } from '../../src/ahead/write-stream-module.js';
import { SluiceNode, type SluiceNodeOptions } from '../../src/audio/sluice-node.js';
import { compileModule } from '../../src/index.js';
import type { StreamModel } from '../../src/runtime.js';
import { audioModel, sound } from './network.js';

const RATE = 16_000;
type Result = { frame: number; time: number; values: number[] };

/** Plays a sound through a node as fast as it computes. */
async function render(
  model: StreamModel | WebAssembly.Module,
  options: Partial<SluiceNodeOptions>,
  length: number,
) {
  const context = new OfflineAudioContext(1, length, RATE);
  const node = await SluiceNode.create(context, model, { sampleRate: RATE, ...options });
  const results: Result[] = [];
  const errors: string[] = [];
  node.onresult = ({ frame, time, values }) => results.push({ frame, time, values: Array.from(values) });
  node.onerror = ({ message }) => errors.push(message);
  let status: unknown;
  node.onstatus = (latest) => {
    status = { ...latest, load: latest.load >= 0 };
  };
  const source = new AudioBufferSourceNode(context, { buffer: bufferOf(context, length) });
  source.connect(node);
  if (options.output === 'audio') node.connect(context.destination);
  source.start();
  const rendered = await context.startRendering();
  // Messages arrive after the last sample, the status as one of the first.
  for (let i = 0; i < 100 && status === undefined; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { results, errors, status, latency: node.latency, output: Array.from(rendered.getChannelData(0)) };
}

function bufferOf(context: BaseAudioContext, length: number): AudioBuffer {
  const buffer = context.createBuffer(1, length, RATE);
  buffer.copyToChannel(sound(length), 0);
  return buffer;
}

/** The messages of errors for what does not fit. */
async function refusals(model: StreamModel): Promise<Record<string, string>> {
  const context = new OfflineAudioContext(1, 128, RATE);
  const beside = await WebAssembly.compile(writeStreamModule(model, { weights: 'beside' }).wasm);
  const create = (options: Partial<SluiceNodeOptions>, given: unknown = model, where = context) =>
    SluiceNode.create(where, given as StreamModel, { sampleRate: RATE, ...options });
  const made = {
    rate: create({}, model, new OfflineAudioContext(1, 128, 8000)),
    place: create({ processor: '/nowhere.js' }),
    hop: create({ hop: 577 }),
    size: create({ output: 'audio' }),
    kind: create({ output: 'sound' as never }),
    model: create({}, {}),
    version: create({}, { ...model, version: 2 }),
    beside: create({}, beside),
  };
  const entries = Object.entries(made).map(async ([name, node]) => {
    const message = await node.then(
      () => 'none',
      (error: Error) => error.message,
    );
    return [name, message] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** A microphone, whose sound is the browser's, until there are some results and a status. */
async function listen() {
  const context = new AudioContext({ sampleRate: RATE });
  const options = { sampleRate: RATE };
  // A second node of the same context finds the processor.
  (await SluiceNode.create(context, audioModel(256, 1), options)).close();
  const node = await SluiceNode.create(context, audioModel(512, 1), options);
  const frames: number[] = [];
  const values = new Set<number>();
  node.onresult = (result) => {
    frames.push(result.frame);
    values.add(result.values[0]);
  };
  const media = await navigator.mediaDevices.getUserMedia({ audio: true });
  context.createMediaStreamSource(media).connect(node);
  const status = await new Promise((resolve, reject) => {
    node.onerror = reject;
    node.onstatus = (latest) => latest.frames >= 30 && resolve(latest);
  });
  const count = frames.length;
  node.reset();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const restarted = frames.slice(count).includes(0);
  node.close();
  await context.close();
  return { status, frames: frames.slice(0, 5), different: values.size, restarted };
}

export type PageResult = Awaited<ReturnType<typeof run>>;

async function run() {
  const length = 16_000;
  const plain = audioModel(576, 2);
  const file = await WebAssembly.compile(writeStreamModule(plain).wasm);
  return {
    silero: await render(plain, { context: 64 }, length),
    compiled: await render(await compileModule(plain), { context: 64 }, length),
    file: await render(file, { context: 64 }, length),
    overlapping: await render(audioModel(400, 3), { hop: 160 }, length),
    audio: await render(audioModel(320, 160), { hop: 160, output: 'audio' }, length),
    refusals: await refusals(plain),
    // A machine without a sound device may have no microphone.
    microphone: location.search === '?offline' ? undefined : await listen(),
  };
}

Object.assign(globalThis, { result: run() });
