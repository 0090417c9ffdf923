import { readModel } from '@sluice/formats';
import { compileModule, compileStream } from '@sluice/stream';
import { SluiceNode } from '@sluice/stream/audio';
import { fromModel } from '@sluice/stream/model';
import { FRAME, makeSound, SAMPLE_RATE } from './sound.mjs';

const find = (/** @type {string} */ selector) => /** @type {any} */ (document.querySelector(selector));

// The trained model becomes one function, which computes a frame in the audio thread.
const { network, weights } = fromModel(await readModel(new URL('model/model.json', document.baseURI).href));
const stream = await compileModule(compileStream(network, weights));

/** The network's answers to a sound; an offline context computes as fast as it can and plays nothing. */
async function listen(/** @type {Float32Array<ArrayBuffer>} */ samples) {
  const audio = new OfflineAudioContext(1, samples.length, SAMPLE_RATE);
  const source = audio.createBufferSource();
  source.buffer = audio.createBuffer(1, samples.length, SAMPLE_RATE);
  source.buffer.copyToChannel(samples, 0);
  const node = await SluiceNode.create(audio, stream, { sampleRate: SAMPLE_RATE });
  source.connect(node).connect(audio.destination);
  /** @type {number[]} */
  const answers = [];
  const complete = new Promise((resolve, reject) => {
    node.onerror = reject;
    node.onresult = ({ frame, values }) => {
      answers[frame] = values[0];
      if (frame === samples.length / FRAME - 1) resolve(undefined);
    };
  });
  source.start();
  await Promise.all([audio.startRendering(), complete]);
  return answers;
}

function draw(
  /** @type {Float32Array} */ samples,
  /** @type {boolean[]} */ whistles,
  /** @type {number[]} */ answers,
) {
  const canvas = find('canvas');
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  const step = width / whistles.length;
  context.fillStyle = '#2a8f5a';
  for (const [i, whistle] of whistles.entries())
    if (whistle) context.fillRect(i * step, height - 10, step + 1, 10);
  context.fillStyle = '#888';
  for (let i = 0; i < whistles.length; i++) {
    const loudest = Math.max(...samples.slice(i * FRAME, (i + 1) * FRAME).map(Math.abs));
    const size = Math.min(1, 2 * loudest) * height;
    context.fillRect(i * step, (height - size) / 2, Math.max(1, step - 0.5), size);
  }
  context.strokeStyle = '#d03030';
  context.lineWidth = 2;
  context.beginPath();
  for (const [i, answer] of answers.entries())
    context.lineTo((i + 0.5) * step, 12 + (1 - answer) * (height - 30));
  context.stroke();
}

const { samples, whistles } = makeSound(1, 750); // a sound that training did not have
const answers = await listen(samples);
draw(samples, whistles, answers);
const right = answers.filter((answer, i) => answer > 0.5 === whistles[i]).length / answers.length;
find('#result').textContent = `${(100 * right).toFixed(1)} % of ${answers.length} frames are right.`;

find('#microphone').onclick = async () => {
  try {
    const audio = new AudioContext({ sampleRate: SAMPLE_RATE });
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    const node = await SluiceNode.create(audio, stream, { sampleRate: SAMPLE_RATE });
    node.onresult = ({ values }) => {
      find('#live').textContent = values[0] > 0.5 ? 'a whistle!' : 'wind';
    };
    audio.createMediaStreamSource(microphone).connect(node);
    find('#microphone').disabled = true;
  } catch (error) {
    find('#live').textContent = `no microphone: ${error.message}`;
  }
};
