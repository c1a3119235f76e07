// The capture: what is asked, the mirrored camera with its guide, how far it is, and how long is left.

import { element, setText } from './dom.js';
import { Guide } from './guide.js';
import { icon } from './icons.js';
import { Light } from './light.js';

/** What guidance looks like; the words say the same. */
const TONES = {
  keep_there: 'good', come_back: 'good', further: 'info', once_more: 'info', hold_still: 'info', face_forward: 'info',
};
/** The recogniser knows English alone. */
const DIGIT_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const PRAISE_MS = 1200;
const CLOCK_MS = 250;

export class CaptureView {
  step; // The step that is asked now.
  #words;
  #video;
  #on;
  #guide = new Guide();
  #parts = {};
  #state = { prompt: null, guidance: null, progress: undefined };
  #praiseUntil = 0;
  #shownAt;
  #clock;
  #light;
  #closed = false;

  constructor(video, on) {
    this.#video = video;
    this.#on = on;
    this.node = element('main', { class: 'screen capture' });
    video.addEventListener('resize', () => this.#guide.fit(video));
    this.#watch = new ResizeObserver(() => this.#guide.fit(video));
    this.#clock = setInterval(() => this.#draw(), CLOCK_MS);
  }

  #watch;

  get language() {
    return this.#words.code;
  }

  close() {
    this.#closed = true;
    clearInterval(this.#clock);
    this.#watch.disconnect();
    this.#light?.close();
    this.#on.polite.clear();
    this.#on.assertive.clear();
  }

  focus() {
    this.#parts.title.focus({ preventScroll: true });
  }

  /** Builds the screen in another language. */
  speak(words) {
    this.#words = words;
    const { t } = words;
    const part = (name, tag, attributes, ...children) => (this.#parts[name] = element(tag, attributes, ...children));
    this.#video.setAttribute('aria-label', t('capture.camera'));
    this.#video.className = 'camera';
    const stop = element('button', { type: 'button', id: 'stop', class: 'button', onclick: this.#on.stop }, t('button.stop'));
    const skip = part('skip', 'button', { type: 'button', id: 'skip', class: 'button', hidden: true, onclick: this.#on.skip }, t('button.skip'));
    const picture = element('div', { class: 'picture' }, this.#video, this.#guide.node,
      part('guidance', 'p', { class: 'guidance', id: 'guidance', 'aria-hidden': 'true' }));
    this.node.replaceChildren(
      element('header', { class: 'top' },
        part('count', 'p', { class: 'count', id: 'count' }), this.#on.languageSwitch()),
      part('bar', 'div', { class: 'bar', 'aria-hidden': 'true' }),
      element('section', { class: 'prompt', id: 'prompt' },
        part('icon', 'div', { class: 'icon-place' }),
        element('div', { class: 'asked' },
          part('title', 'h1', { tabindex: '-1' }), part('hint', 'p', { class: 'hint', id: 'hint' }))),
      part('digits', 'ol', { class: 'digits', hidden: true, 'aria-hidden': 'true' }),
      part('time', 'div', { class: 'time' }, part('timeBar', 'span', { class: 'time-bar' }), part('timeText', 'span', { class: 'time-text', 'aria-hidden': 'true' })),
      picture,
      element('div', { class: 'buttons' }, skip, stop));
    this.#watch.observe(picture);
    // A video that was moved in the document stands still.
    this.#video.play().catch(() => {});
    this.#drawProgress();
    this.#drawPrompt();
    this.#draw();
  }

  /** Takes a state of the server; answers whether it asks for something new. */
  update({ prompt, guidance, progress }) {
    const before = this.#state;
    this.#state = { prompt, guidance, progress };
    const fresh = prompt !== null && prompt.step !== this.step;
    if (progress.done !== before.progress?.done || progress.total !== before.progress?.total) {
      if (progress.done > (before.progress?.done ?? 0)) this.#praise();
      this.#drawProgress();
    }
    if (prompt?.step !== before.prompt?.step) {
      this.#shownAt = undefined;
      if (!prompt) this.#light?.close();
      this.#drawPrompt();
    }
    if (fresh) this.step = prompt.step;
    this.#draw();
    return fresh;
  }

  /** Resolves when the prompt can be seen. */
  async shown(choices) {
    const { action } = this.#state.prompt;
    buzz();
    if (action.kind === 'light_sequence' && choices.light) {
      this.#light = new Light(this.#words, action, this.#on.lightStop);
      this.node.append(this.#light.node);
      await this.#light.begun();
    } else {
      await painted();
    }
    this.#shownAt = performance.now();
    this.#draw();
  }

  #praise() {
    this.#praiseUntil = performance.now() + PRAISE_MS;
    buzz();
  }

  #drawProgress() {
    const { progress } = this.#state;
    const { t } = this.#words;
    setText(this.#parts.count, progress
      ? t('capture.count', { step: Math.min(progress.done + 1, progress.total), total: progress.total })
      : t('capture.connecting'));
    const cells = Array.from({ length: progress?.total ?? 0 }, (_, i) =>
      element('span', { class: i < progress.done ? 'cell done' : i === progress.done ? 'cell now' : 'cell' }));
    this.#parts.bar.replaceChildren(...cells);
    this.#guide.progress(progress);
  }

  #drawPrompt() {
    const { prompt } = this.#state;
    const { t, has } = this.#words;
    const asked = promptText(this.#words, prompt?.action);
    const { kind, digits } = prompt?.action ?? {};
    setText(this.#parts.title, asked.title);
    setText(this.#parts.hint, asked.hint);
    this.#parts.icon.replaceChildren(icon(kind ?? 'rest', asked.reach));
    this.#parts.digits.hidden = !digits;
    this.#parts.digits.replaceChildren(...(digits ?? []).map((digit) =>
      element('li', {}, element('b', {}, String(digit)), element('span', { lang: 'en' }, DIGIT_WORDS[digit] ?? ''))));
    this.#parts.skip.hidden = !prompt?.may_skip;
    this.node.dataset.kind = kind ?? 'rest';
    if (prompt) {
      const count = has('capture.count') ? this.#parts.count.textContent : '';
      const spoken = (digits ?? []).map((digit) => DIGIT_WORDS[digit]).join(', ');
      this.#on.assertive.say([`${count}.`, `${asked.title}.`, spoken && t('capture.digits', { digits: spoken }), asked.hint].filter(Boolean).join(' '));
    }
  }

  /** What changes by itself or with each frame: guidance and time. */
  #draw() {
    if (this.#closed) return;
    const { prompt, guidance } = this.#state;
    const { t, has } = this.#words;
    const praised = performance.now() < this.#praiseUntil && (!guidance || TONES[guidance] === 'info');
    const text = praised ? t('capture.done') : guidance && has(`guidance.${guidance}`) ? t(`guidance.${guidance}`) : '';
    const tone = praised ? 'good' : guidance ? (TONES[guidance] ?? 'unsure') : 'none';
    setText(this.#parts.guidance, text);
    this.#parts.guidance.hidden = !text;
    this.node.dataset.tone = tone;
    this.node.dataset.guidance = guidance ?? '';
    if (text) this.#on.polite.say(text);
    const left = prompt && this.#shownAt !== undefined
      ? Math.max(0, prompt.window_ms - (performance.now() - this.#shownAt)) : undefined;
    this.#parts.time.classList.toggle('idle', left === undefined);
    this.#parts.timeBar.style.setProperty('--left', left === undefined ? 0 : left / prompt.window_ms);
    setText(this.#parts.timeText, left === undefined ? '' : t('capture.left', { seconds: Math.ceil(left / 1000) }));
  }
}

/** Title, hint and how far (0 to 2) of an action; of waiting for the face to rest without one. */
function promptText({ t, has, list }, action) {
  if (!action) return { title: t('capture.rest'), hint: t('capture.rest_hint'), reach: 0 };
  const { kind, degrees } = action;
  const reach = degrees === undefined || degrees > 23 ? 2 : degrees > 15 ? 1 : 0;
  const titles = list(`action.${kind}`);
  const hint = has(`hint.${kind}`) ? `hint.${kind}` : 'hint.hold';
  return { title: titles[Math.min(reach, titles.length - 1)] ?? '', hint: t(hint), reach: degrees === undefined ? 0 : reach };
}

/** After the next frame of the screen. */
function painted() {
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

/** A short pulse: with eyes closed or head turned nobody sees the screen. */
function buzz() {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(60);
}
