// What a screen reader says. At most one change a second, and of several changes in between only the last.

import { element } from './dom.js';

const INTERVAL_MS = 1000;

export class LiveText {
  #said = '';
  #waiting;
  #timer;
  #last = -Infinity;

  constructor(urgency) {
    const role = urgency === 'assertive' ? 'alert' : 'status';
    this.node = element('p', { class: 'visually-hidden', role, 'aria-live': urgency, 'data-live': urgency });
  }

  say(text) {
    this.#waiting = text;
    this.#timer ??= setTimeout(() => this.#speak(), Math.max(0, this.#last + INTERVAL_MS - performance.now()));
  }

  /** Drops what waits to be said. */
  clear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#said = '';
    this.node.textContent = '';
  }

  #speak() {
    this.#timer = undefined;
    if (this.#waiting === this.#said) return;
    this.#said = this.#waiting;
    this.#last = performance.now();
    this.node.textContent = this.#said;
  }
}
