import { createStream } from '@sluice/stream';
import { detector, FRAME } from '../detector/network.js';
import type { Scene } from './sounds.js';

/** How good a detector is, over all frames of scenes. */
export interface Figures {
  readonly frames: number;
  /** The share of frames that are decided rightly at the threshold 0.5. */
  readonly accuracy: number;
  /** The share of frames with speech that are found, and of those without that are taken for speech. */
  readonly found: number;
  readonly falseAlarms: number;
  /** The area under the curve of found frames over false alarms. */
  readonly area: number;
}

/** Runs the detector over scenes as a stream. */
export async function figuresOf(
  scenes: readonly Scene[],
  weights: Readonly<Record<string, Float32Array>>,
): Promise<Figures> {
  const stream = await createStream(detector, { weights });
  const results = scenes.flatMap(({ samples, labels }) => {
    stream.reset();
    return Array.from(labels, (label, frame) => {
      const [probability] = stream.process(samples.subarray(frame * FRAME, (frame + 1) * FRAME));
      return { label, probability };
    });
  });
  stream.dispose();
  const share = (of: typeof results, is: (result: (typeof results)[number]) => boolean) =>
    of.filter(is).length / of.length;
  const speech = results.filter(({ label }) => label === 1);
  const silence = results.filter(({ label }) => label === 0);
  return {
    frames: results.length,
    accuracy: share(results, ({ label, probability }) => (probability >= 0.5 ? 1 : 0) === label),
    found: share(speech, ({ probability }) => probability >= 0.5),
    falseAlarms: share(silence, ({ probability }) => probability >= 0.5),
    area: areaOf(results, speech.length, silence.length),
  };
}

function areaOf(
  results: readonly { readonly label: number; readonly probability: number }[],
  speech: number,
  silence: number,
): number {
  const inOrder = [...results].sort((a, b) => a.probability - b.probability);
  let [ranks, rank] = [0, 0];
  for (const { label } of inOrder) {
    rank++;
    if (label === 1) ranks += rank;
  }
  return (ranks - (speech * (speech + 1)) / 2) / (speech * silence);
}
