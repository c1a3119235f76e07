// The colours of the light challenge over the whole screen, in the top layer, with a way out at all times.

import { element, setText } from './dom.js';

const COLOURS = {
  red: '#ff0000', green: '#00ff00', blue: '#0000ff', cyan: '#00ffff', magenta: '#ff00ff', yellow: '#ffff00', white: '#ffffff',
};
/** WCAG 2.2, criterion 2.3.1: at most three flashes a second, whatever the server asks for. */
const LEAST_FLASH_MS = 334;
/** From the warning to the first colour; the server waits three seconds for it. */
const WARNING_MS = 1800;

export class Light {
  #colours;
  #flashMs;
  #text;
  #timer;
  #closed = false;

  constructor({ t }, { colours, flash_ms: flashMs }, stop) {
    this.#colours = colours;
    this.#flashMs = Math.max(LEAST_FLASH_MS, flashMs);
    this.#text = element('p', { role: 'status' }, t('light.warning'));
    const leave = () => {
      this.close();
      stop();
    };
    this.node = element('dialog', { class: 'light', id: 'light', 'aria-label': t('light.title') },
      element('div', { class: 'light-text' }, this.#text,
        element('button', { type: 'button', id: 'light-stop', class: 'button', onclick: leave }, t('light.stop'))));
    this.node.addEventListener('cancel', leave); // Escape
    this.#running = t('light.running');
  }

  #running;

  /** Warns, then shows the colours; resolves when the first one is on the screen. Never after `close`. */
  begun() {
    this.node.showModal();
    return new Promise((first) => {
      this.#timer = setTimeout(() => requestAnimationFrame(() => {
        if (this.#closed) return;
        setText(this.#text, this.#running);
        this.#show(0, performance.now());
        requestAnimationFrame(() => !this.#closed && first());
      }), WARNING_MS);
    });
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.node.close();
    this.node.remove();
  }

  /** Each colour at its time since the first, so that late timers do not add up. */
  #show(index, startedAt) {
    if (this.#closed) return;
    if (index >= this.#colours.length) {
      this.close();
      return;
    }
    this.node.style.setProperty('--flash', COLOURS[this.#colours[index]] ?? COLOURS.white);
    this.node.dataset.colour = this.#colours[index];
    const next = startedAt + (index + 1) * this.#flashMs;
    this.#timer = setTimeout(() => this.#show(index + 1, startedAt), next - performance.now());
  }
}
