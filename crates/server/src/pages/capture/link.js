// The connection to the server: JSON texts both ways, frames and sound one way (docs/CAPTURE.md).

const FRAME = 1;
const SOUND = 2;
/** Frames that may be on their way before newer ones are left out. */
const IN_FLIGHT = 6;
/** Even a slow connection gets a frame this often, or a lost `received` would stop it for good. */
const LEAST_EVERY_MS = 500;
/** Bytes waiting in the browser above which frames are left out. */
const WAITING_BYTES = 96 * 1024;
/** Sound matters more than frames do and is small: it is left out only when the line is as good as dead. */
const WAITING_SOUND_BYTES = 1024 * 1024;
const CONNECT_MS = 10000;

export class Link {
  #socket;
  #sequence = 0;
  #received = 0;
  #lastFrameAt = -Infinity;
  #timer;

  #wasOpen = false;

  /** `on.message(object)` for each text, `on.lost(wasOpen)` once if the connection ends before `close`. */
  constructor(address, start, on) {
    this.#socket = new WebSocket(address);
    this.#socket.binaryType = 'arraybuffer';
    const lost = () => {
      if (!this.#socket) return;
      this.close();
      on.lost(this.#wasOpen);
    };
    this.#timer = setTimeout(lost, CONNECT_MS);
    this.#socket.onopen = () => {
      this.#wasOpen = true;
      this.send({ type: 'start', ...start });
    };
    this.#socket.onclose = lost;
    this.#socket.onmessage = ({ data }) => {
      if (!this.#socket || typeof data !== 'string') return;
      clearTimeout(this.#timer);
      const message = JSON.parse(data);
      if (typeof message.received === 'number') this.#received = message.received;
      on.message(message);
    };
  }

  send(message) {
    if (this.#isOpen()) this.#socket.send(JSON.stringify(message));
  }

  /** Whether the line has room for a frame now. */
  wantsFrame(now = performance.now()) {
    if (!this.#isOpen() || this.#socket.bufferedAmount > WAITING_BYTES) return false;
    return this.#sequence - this.#received < IN_FLIGHT || now - this.#lastFrameAt > LEAST_EVERY_MS;
  }

  sendFrame(jpeg) {
    if (!this.#isOpen()) return;
    this.#lastFrameAt = performance.now();
    this.#sequence += 1;
    this.#sendBinary(FRAME, this.#sequence, jpeg);
  }

  /** Samples as little-endian 16-bit numbers, which all browsers' machines are. */
  sendSound(samples, sequence) {
    if (this.#isOpen() && this.#socket.bufferedAmount < WAITING_SOUND_BYTES) {
      this.#sendBinary(SOUND, sequence, samples.buffer);
    }
  }

  close() {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    socket?.close();
  }

  #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #sendBinary(kind, sequence, payload) {
    const message = new Uint8Array(5 + payload.byteLength);
    message[0] = kind;
    new DataView(message.buffer).setUint32(1, sequence, true);
    message.set(new Uint8Array(payload), 5);
    this.#socket.send(message);
  }
}
