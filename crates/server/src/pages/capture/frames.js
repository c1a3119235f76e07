// Frames of the camera as JPEG, about ten a second, as the camera saw them: not mirrored.

const PERIOD_MS = 100;
const WIDTH = 640;
const LONGER_SIDE = 1280;
const QUALITIES = [0.85, 0.7, 0.5];
const MOST_BYTES = 256 * 1024;

export class Frames {
  #video;
  #link;
  #canvas;
  #timer;
  #fresh = true;
  #stopped = false;

  constructor(video, link) {
    this.#video = video;
    this.#link = link;
    this.#watch();
    this.#turn();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** A frame is sent once: the same again would look like a recording. */
  #watch() {
    this.#video.requestVideoFrameCallback?.(() => {
      this.#fresh = true;
      if (!this.#stopped) this.#watch();
    });
  }

  async #turn() {
    const began = performance.now();
    if (this.#fresh && this.#video.videoWidth && this.#link.wantsFrame(began)) {
      this.#fresh = !this.#video.requestVideoFrameCallback;
      // One frame that cannot be made is no reason to end; the server notices if none comes.
      const jpeg = await this.#grab().catch(() => undefined);
      if (jpeg && !this.#stopped) this.#link.sendFrame(jpeg);
    }
    if (this.#stopped) return;
    const spent = performance.now() - began;
    this.#timer = setTimeout(() => this.#turn(), Math.max(0, PERIOD_MS - spent));
  }

  async #grab() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const scale = Math.min(1, WIDTH / width, LONGER_SIDE / height);
    const canvas = this.#sized(Math.round(width * scale), Math.round(height * scale));
    canvas.getContext('2d', { alpha: false }).drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) {
      const blob = await encode(canvas, quality);
      if (blob && blob.size <= MOST_BYTES) return blob.arrayBuffer();
    }
    return undefined;
  }

  #sized(width, height) {
    if (this.#canvas?.width === width && this.#canvas.height === height) return this.#canvas;
    this.#canvas = typeof OffscreenCanvas === 'function'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
    return this.#canvas;
  }
}

function encode(canvas, quality) {
  if (canvas.convertToBlob) return canvas.convertToBlob({ type: 'image/jpeg', quality });
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', quality));
}
