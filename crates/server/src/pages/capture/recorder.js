// Audio worklet: the microphone at the device's rate -> 16 kHz, 16 bit, a tenth of a second at a time.

const RATE = 16000;
const CHUNK = RATE / 10;
/** Zero crossings of the windowed sinc on each side, and table entries between two of them. */
const CROSSINGS = 8;
const STEPS = 64;

class Recorder extends AudioWorkletProcessor {
  #ratio = sampleRate / RATE;
  // Downwards the filter ends below the new half rate, upwards it stays that of the old.
  #stretch = Math.max(1, this.#ratio / 0.92);
  #reach = Math.ceil(CROSSINGS * this.#stretch);
  #kernel = kernel();
  #input = new Float32Array(this.#reach);
  #position = this.#reach;
  #chunk = new Int16Array(CHUNK);
  #filled = 0;

  process([[samples]]) {
    if (samples) this.#take(samples);
    return true;
  }

  #take(samples) {
    const input = new Float32Array(this.#input.length + samples.length);
    input.set(this.#input);
    input.set(samples, this.#input.length);
    for (; this.#position + this.#reach < input.length; this.#position += this.#ratio) {
      this.#put(this.#at(input, this.#position));
    }
    // What the next value reaches back to is kept.
    const done = Math.max(0, Math.floor(this.#position) - this.#reach);
    this.#input = input.slice(done);
    this.#position -= done;
  }

  #at(input, position) {
    let sum = 0;
    for (let i = Math.ceil(position - this.#reach + 1); i < position + this.#reach; i += 1) {
      const distance = Math.abs(i - position) / this.#stretch;
      sum += input[i] * (this.#kernel[Math.round(distance * STEPS)] ?? 0);
    }
    return sum / this.#stretch;
  }

  #put(value) {
    this.#chunk[this.#filled] = Math.round(Math.max(-1, Math.min(1, value)) * 32767);
    this.#filled += 1;
    if (this.#filled < CHUNK) return;
    this.port.postMessage(this.#chunk, [this.#chunk.buffer]);
    this.#chunk = new Int16Array(CHUNK);
    this.#filled = 0;
  }
}

/** Half of a sinc under a Hann window. */
function kernel() {
  return Float32Array.from({ length: CROSSINGS * STEPS + 1 }, (_, i) => {
    const x = i / STEPS;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return sinc * 0.5 * (1 + Math.cos((Math.PI * x) / CROSSINGS));
  });
}

registerProcessor('lifesign-recorder', Recorder);
