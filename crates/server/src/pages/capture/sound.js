// Sound of the microphone as 16 kHz mono PCM. Nothing is ever played.

/** A context that was opened without a click or a key waits for one, possibly for good. */
const RESUME_MS = 2000;

export class Sound {
  #context;
  #sequence = 0;

  /** Calls `sink(samples, sequence)` until `stop`. Answers nothing where the browser cannot record. */
  static async open(stream, sink) {
    if (!stream.getAudioTracks().length || !window.AudioWorkletNode) return undefined;
    const sound = new Sound();
    try {
      await sound.#start(stream, sink);
      return sound;
    } catch {
      sound.stop();
      return undefined;
    }
  }

  async #start(stream, sink) {
    // At the device's own rate: not every browser connects a microphone to a context of another.
    const context = new AudioContext();
    this.#context = context;
    await context.audioWorklet.addModule(new URL('recorder.js', import.meta.url));
    await Promise.race([context.resume(), new Promise((_, late) => setTimeout(late, RESUME_MS))]);
    const recorder = new AudioWorkletNode(context, 'lifesign-recorder', { channelCount: 1, channelCountMode: 'explicit' });
    recorder.port.onmessage = ({ data }) => sink(data, (this.#sequence += 1));
    context.createMediaStreamSource(stream).connect(recorder);
    // A node that leads nowhere may never run. This one is silent.
    recorder.connect(context.destination);
  }

  stop() {
    this.#context?.close().catch(() => {});
    this.#context = undefined;
  }
}
