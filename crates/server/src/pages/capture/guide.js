// The oval over the mirrored camera, and around it how much is done.

import { drawing } from './dom.js';

/**
 * The oval's width over that of the camera's frame. It holds a face whose eyes are 0.19 of the frame apart: in the
 * middle of what the challenge takes (0.08 to 0.26), and with room to come closer.
 */
const WIDTH = 0.47;
const HEIGHT = 1.36;
/** Room that the ring needs. */
const MOST_OF_STAGE = 0.86;

export class Guide {
  #shade = drawing('path', { class: 'shade', 'fill-rule': 'evenodd' });
  #track = drawing('path', { class: 'track' });
  #done = drawing('path', { class: 'ring', pathLength: 100 });
  node = drawing('svg', { class: 'guide', 'aria-hidden': 'true' }, this.#shade, this.#track, this.#done);

  /** Lays the oval over what is seen of the video, which covers its place. */
  fit(video) {
    const { clientWidth: width, clientHeight: height } = video;
    if (!width || !height) return;
    const scale = video.videoWidth ? Math.max(width / video.videoWidth, height / video.videoHeight) : width / 640;
    const wide = Math.min(WIDTH * (video.videoWidth || 640) * scale, MOST_OF_STAGE * width, (MOST_OF_STAGE * height) / HEIGHT);
    const [x, y, rx, ry] = [width / 2, height * 0.47, wide / 2, (wide * HEIGHT) / 2];
    const oval = `M${x} ${y - ry}A${rx} ${ry} 0 1 1 ${x - 0.01} ${y - ry}Z`;
    this.node.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#shade.setAttribute('d', `M0 0H${width}V${height}H0Z${oval}`);
    this.#track.setAttribute('d', oval);
    this.#done.setAttribute('d', oval);
  }

  progress(progress) {
    const part = progress?.total ? (100 * progress.done) / progress.total : 0;
    this.#done.setAttribute('stroke-dasharray', `${part} ${100 - part}`);
    this.#done.classList.toggle('empty', part === 0);
  }
}
