/** Sounds for training: speech of espeak-ng, and noises made here. Everything depends on a seed alone. */
import { spawnSync } from 'node:child_process';
import { FRAME, SAMPLE_RATE } from '../detector/network.js';

const SENTENCES = [
  'The quick brown fox jumps over the lazy dog near the old stone bridge.',
  'Please turn the music down, I am trying to listen to the radio.',
  'How many people came to the meeting on Thursday afternoon?',
  'She sells sea shells by the sea shore, and he collects small white stones.',
  'Yes. No. Perhaps tomorrow.',
  'Six thick thistle sticks stood at the side of the path.',
  'We measured the temperature every hour during the whole winter.',
  'Could you open the window? It is rather warm in here.',
  'A network that listens must answer before the next word begins.',
  'Hush, the child is asleep at last.',
  'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.',
  'Der Zug nach Hamburg fährt heute von Gleis sieben.',
  'Portez ce vieux whisky au juge blond qui fume.',
  'Je ne sais pas encore si nous viendrons demain soir.',
  'El veloz murciélago hindú comía feliz cardillo y kiwi.',
  'Buenos días, me gustaría reservar una mesa para dos personas.',
] as const;

const VOICES = ['en-gb', 'en-us', 'de', 'fr-fr', 'es', 'en-gb-scotland', 'it', 'nl'];
const VARIANTS = ['m1', 'm3', 'm5', 'm7', 'f1', 'f2', 'f4', 'f5', 'croak', 'whisper'];

export interface Voice {
  readonly voice: string;
  readonly pitch: number;
  readonly speed: number;
}

/** Every voice with a random pitch and speed. Those of `held` are for tests only. */
export function voices(random: () => number): { readonly train: Voice[]; readonly held: Voice[] } {
  const all = VOICES.flatMap((language) => VARIANTS.map((variant) => `${language}+${variant}`)).map(
    (voice): Voice => ({
      voice,
      pitch: Math.round(20 + 60 * random()),
      speed: Math.round(110 + 120 * random()),
    }),
  );
  const isHeld = ({ voice }: Voice) => voice.startsWith('it') || voice.endsWith('f4') || voice.endsWith('m7');
  return { train: all.filter((voice) => !isHeld(voice)), held: all.filter(isHeld) };
}

/**
 * A sentence as samples in −1 … 1, at 16,000 a second.
 * @throws Error when espeak-ng is not installed.
 */
export function speak({ voice, pitch, speed }: Voice, random: () => number): Float32Array {
  const text = SENTENCES[Math.floor(random() * SENTENCES.length)];
  const args = ['--stdout', '-v', voice, '-p', `${pitch}`, '-s', `${speed}`, text];
  const { stdout, error, status } = spawnSync('espeak-ng', args, { maxBuffer: 1 << 26 });
  if (error !== undefined || status !== 0) {
    throw new Error(`Training needs espeak-ng (Debian: apt-get install espeak-ng). ${error?.message ?? ''}`);
  }
  const rate = stdout.readUInt32LE(24);
  const samples = new Int16Array(
    stdout.buffer.slice(stdout.byteOffset + 44, stdout.byteOffset + stdout.length - (stdout.length % 2)),
  );
  return resample(
    Float32Array.from(samples, (sample) => sample / 32768),
    rate,
  );
}

/** Linear interpolation after a mean over the neighbours: enough for synthetic speech. */
function resample(samples: Float32Array, rate: number): Float32Array {
  const step = rate / SAMPLE_RATE;
  const length = Math.floor((samples.length - 2) / step);
  return Float32Array.from({ length: Math.max(0, length) }, (_, i) => {
    const at = Math.floor(i * step);
    const part = i * step - at;
    return samples[at] * (1 - part) + samples[at + 1] * part;
  });
}

type MakeNoise = (length: number, random: () => number) => Float32Array;

const white = (random: () => number) => 2 * random() - 1;

/** White noise through one pole: the nearer `pole` to 1, the deeper. */
const filtered =
  (pole: number): MakeNoise =>
  (length, random) => {
    let last = 0;
    return Float32Array.from({ length }, () => {
      last = pole * last + (1 - pole) * white(random);
      return last;
    });
  };

/** Tones that come and go, as of music, machines and alarms. */
const tones: MakeNoise = (length, random) => {
  const sum = new Float32Array(length);
  for (let at = 0; at < length; ) {
    const duration = Math.round(SAMPLE_RATE * (0.1 + 0.8 * random()));
    const frequency = 100 * 2 ** (5 * random());
    const partials = 1 + Math.floor(5 * random());
    for (let i = 0; i < duration && at + i < length; i++) {
      const fade = Math.min(1, i / 200, (duration - i) / 200);
      for (let k = 1; k <= partials; k++) {
        sum[at + i] += (fade / k) * Math.sin((2 * Math.PI * frequency * k * i) / SAMPLE_RATE);
      }
    }
    at += duration + Math.round(SAMPLE_RATE * 0.3 * random());
  }
  return sum;
};

/** Short blows: keys, doors, cutlery. */
const clicks: MakeNoise = (length, random) => {
  const sum = new Float32Array(length);
  for (let at = 0; at < length; at += Math.round(SAMPLE_RATE * (0.05 + 0.5 * random()))) {
    const decay = 0.9 + 0.099 * random();
    let level = 1;
    for (let i = 0; i < 2000 && at + i < length; i++, level *= decay) sum[at + i] += level * white(random);
  }
  return sum;
};

/** Noise whose level swells and falls, as of wind and cars. */
const gusts: MakeNoise = (length, random) => {
  const noise = filtered(0.9)(length, random);
  const period = SAMPLE_RATE * (0.5 + 3 * random());
  return noise.map((value, i) => value * (0.3 + 0.7 * Math.sin((Math.PI * i) / period) ** 2));
};

/** Mains hum with its harmonics. */
const hum: MakeNoise = (length) =>
  Float32Array.from({ length }, (_, i) =>
    [1, 2, 3, 5].reduce((sum, k) => sum + Math.sin((2 * Math.PI * 50 * k * i) / SAMPLE_RATE) / k, 0),
  );

export const NOISES: Readonly<Record<string, MakeNoise>> = {
  white: filtered(0),
  soft: filtered(0.7),
  deep: filtered(0.97),
  tones,
  clicks,
  gusts,
  hum,
};

const rootMeanSquare = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / Math.max(1, samples.length)) + 1e-9;

/** A sound with the frames in which somebody speaks. */
export interface Scene {
  readonly samples: Float32Array;
  /** 1 for each frame with speech. */
  readonly labels: Uint8Array;
}

/** Sentences with pauses in a noise, at a random level; the ratio of speech to noise is −2 to 30 dB. */
export function makeScene(speakers: readonly Voice[], frames: number, random: () => number): Scene {
  const length = frames * FRAME;
  const speech = new Float32Array(length);
  for (let at = Math.round(SAMPLE_RATE * 1.5 * random()); at < length; ) {
    const spoken = speak(speakers[Math.floor(random() * speakers.length)], random);
    const level = 0.1 / rootMeanSquare(spoken);
    for (let i = 0; i < spoken.length && at + i < length; i++) speech[at + i] = level * spoken[i];
    at += spoken.length + Math.round(SAMPLE_RATE * (0.3 + 2 * random()));
  }
  const names = Object.keys(NOISES);
  const noise = NOISES[names[Math.floor(random() * names.length)]](length, random);
  const gain = (0.1 / rootMeanSquare(noise)) * 10 ** (-(32 * random() - 2) / 20);
  const volume = 10 ** ((24 * random() - 18) / 20);
  const samples = speech.map((value, i) => volume * (value + gain * noise[i]));
  return { samples, labels: labelsOf(speech, frames) };
}

/** Frames above −40 dB of the speech's level, and short gaps between them. */
function labelsOf(speech: Float32Array, frames: number): Uint8Array {
  const isLoud = Array.from(
    { length: frames },
    (_, frame) => rootMeanSquare(speech.subarray(frame * FRAME, (frame + 1) * FRAME)) > 0.001,
  );
  const GAP = 6;
  return Uint8Array.from(isLoud, (loud, frame) => {
    if (loud) return 1;
    const before = isLoud.slice(Math.max(0, frame - GAP), frame).some(Boolean);
    const after = isLoud.slice(frame + 1, frame + 1 + GAP).some(Boolean);
    return before && after ? 1 : 0;
  });
}
