import { type AudioStatus, type FrameResult, SluiceNode } from '@sluice/stream/audio';
import { SAMPLE_RATE } from '../detector/network.js';
import type { OpenedModel } from './model.js';

/** What the page hears: the microphone, or a sound file that is also played. */
export type Sound = { readonly kind: 'microphone' } | { readonly kind: 'file'; readonly file: File };

export interface ListenerEvents {
  readonly onResult: (result: FrameResult, analyser: AnalyserNode) => void;
  readonly onStatus: (status: AudioStatus) => void;
  readonly onError: (error: Error) => void;
  /** A sound file has come to its end. */
  readonly onEnd: () => void;
}

/** A sound that goes through the network. */
export interface Listener {
  stop(): Promise<void>;
}

/**
 * Starts to listen.
 * @throws Error with a sentence for the visitor when there is no microphone, no permission, or no sound in the file.
 */
export async function listen(
  sound: Sound,
  { model, context: before }: OpenedModel,
  events: ListenerEvents,
): Promise<Listener> {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE });
  try {
    await context.resume();
    const { source, release } = await openSound(sound, context, events.onEnd);
    const node = await SluiceNode.create(context, model, { sampleRate: SAMPLE_RATE, context: before });
    const analyser = new AnalyserNode(context, { fftSize: 512, smoothingTimeConstant: 0 });
    node.onresult = (result) => events.onResult(result, analyser);
    node.onstatus = events.onStatus;
    node.onerror = events.onError;
    source.connect(analyser);
    source.connect(node);
    if (source instanceof AudioBufferSourceNode) {
      source.connect(context.destination);
      source.start();
    }
    return {
      stop: async () => {
        release();
        node.close();
        await context.close();
      },
    };
  } catch (error) {
    await context.close();
    throw error;
  }
}

interface OpenedSound {
  readonly source: MediaStreamAudioSourceNode | AudioBufferSourceNode;
  release(): void;
}

async function openSound(sound: Sound, context: AudioContext, onEnd: () => void): Promise<OpenedSound> {
  if (sound.kind === 'microphone') {
    const media = await openMicrophone();
    return {
      source: context.createMediaStreamSource(media),
      release: () => {
        for (const track of media.getTracks()) track.stop();
      },
    };
  }
  const bytes = await sound.file.arrayBuffer();
  const buffer = await context.decodeAudioData(bytes).catch((cause: unknown) => {
    throw new Error(`This browser finds no sound in '${sound.file.name}'. WAV, MP3 and Ogg files work.`, {
      cause,
    });
  });
  const source = new AudioBufferSourceNode(context, { buffer });
  source.onended = onEnd;
  return { source, release: () => source.stop() };
}

async function openMicrophone(): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) {
    throw new Error('A page gets a microphone from https or localhost alone. Open a sound file instead.');
  }
  try {
    // The network shall hear what there is, not what the browser makes of it.
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (cause) {
    const isRefused = cause instanceof DOMException && cause.name === 'NotAllowedError';
    throw new Error(
      isRefused
        ? 'The microphone was not allowed. Allow it in the browser, or open a sound file.'
        : 'There is no microphone that this page can use. Open a sound file instead.',
      { cause },
    );
  }
}
