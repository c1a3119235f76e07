// <lifesign-capture session="https://host/verify-video/TOKEN">: the whole capture of one active session.
// This is the one module to include; it loads its parts from where it came from. See docs/CAPTURE.md.

import { CaptureView } from './capture/view.js';
import { Flow } from './capture/flow.js';
import { consent, notice, result } from './capture/screens.js';
import { element } from './capture/dom.js';
import { LANGUAGES, chooseLanguage, loadWords } from './capture/words.js';
import { loadStyles } from './capture/style.js';
import { LiveText } from './capture/live.js';

const REDIRECT_SECONDS = 5;
/** Codes of the server for which the words of another one do. */
const WORDS_OF = { lost: 'in_use', too_late: 'expired', microphone_missing: 'microphone_refused' };

class LifesignCapture extends HTMLElement {
  static observedAttributes = ['session', 'language'];

  #root = this.attachShadow({ mode: 'open' });
  #stage = element('div', { class: 'stage' });
  #polite = new LiveText('polite');
  #assertive = new LiveText('assertive');
  #words;
  #chosen; // The language of the switch, which wins over everything else.
  #flow;
  #draw = () => {};
  #view;
  #timers = new Set();

  connectedCallback() {
    this.#open();
  }

  disconnectedCallback() {
    this.#close();
  }

  attributeChangedCallback(name, before, now) {
    if (!this.isConnected || before === now) return;
    if (name === 'session') this.#open();
    else this.#speak(this.#wantedLanguage()).then(() => this.#draw());
  }

  /** Goes on as the button of the consent text does. Call it only where the person has agreed. */
  start() {
    this.#flow?.start();
  }

  /** Ends the capture; the session fails as aborted if a step was revealed already. */
  abort() {
    this.#flow?.abort();
  }

  async #open() {
    this.#close();
    const flow = new Flow(this.getAttribute('session') ?? '', this.#surface());
    this.#flow = flow;
    const current = () => flow === this.#flow;
    try {
      const [styles] = await Promise.all([loadStyles(), this.#speak(this.#wantedLanguage())]);
      if (!current()) return;
      this.#root.adoptedStyleSheets = styles;
    } catch {
      // Without its files the component can say nothing in any language but this.
      if (current()) this.#root.replaceChildren('The page could not be loaded. Check your connection and load it again.');
      if (current()) this.#tell('error', { code: 'network_lost' });
      return;
    }
    this.#root.replaceChildren(this.#frame());
    await flow.open();
  }

  #close() {
    this.#flow?.close();
    this.#flow = undefined;
    this.#view = undefined;
    this.#stopTimers();
  }

  #stopTimers() {
    this.#timers.forEach(clearInterval);
    this.#timers.clear();
  }

  // Language

  #wantedLanguage() {
    const given = [this.#chosen, this.getAttribute('language'), this.#flow?.session?.language];
    return chooseLanguage([...given, ...navigator.languages]);
  }

  async #speak(language) {
    this.#words = await loadWords(language);
    this.#stage.lang = this.#words.code;
    this.#stage.dir = this.#words.t('dir');
    this.dispatchEvent(new CustomEvent('language', { detail: { language: this.#words.code, dir: this.#words.t('dir'), title: this.#words.t('title') } }));
  }

  #frame() {
    this.#stage.replaceChildren();
    return element('div', { class: 'frame' }, this.#stage, this.#polite.node, this.#assertive.node);
  }

  #languageSwitch() {
    const options = Object.entries(LANGUAGES).map(([code, name]) =>
      element('option', { value: code, lang: code, selected: code === this.#words.code }, name));
    const select = element('select', { id: 'language', class: 'language', 'aria-label': this.#words.t('language') }, ...options);
    select.addEventListener('change', async () => {
      const before = this.#words.code;
      this.#chosen = select.value;
      try {
        await this.#speak(select.value);
      } catch {
        this.#chosen = before;
      }
      this.#draw();
      this.#stage.querySelector('#language')?.focus();
    });
    return select;
  }

  // Screens. Each is a function that draws itself anew, so that the switch of the language can.

  #show(name, build) {
    this.#stopTimers();
    this.#view = undefined;
    const draw = (focus) => {
      const screen = build(this.#words);
      const top = element('header', { class: 'top' }, element('p', { class: 'brand' }, this.#words.t('title')), this.#languageSwitch());
      this.#stage.replaceChildren(top, screen);
      this.#stage.dataset.screen = name;
      const heading = screen.querySelector('h1');
      if (focus) heading?.focus({ preventScroll: true });
    };
    this.#draw = () => draw(false);
    draw(true);
  }

  #notice(name, model) {
    this.#show(name, (words) => notice(words, { ...model, actions: this.#actions(model.actions ?? [], words) }));
  }

  #actions(names, words) {
    const does = { retry: () => this.#flow?.retry(), again: () => this.#flow?.start(), reload: () => this.#flow?.open() };
    return names.map((name) => ({ text: words.t(`button.${name}`), run: does[name], name }));
  }

  /** What the flow may do with the screen. */
  #surface() {
    const mine = () => this.#flow;
    return {
      loading: () => this.#notice('loading', { key: 'loading', busy: true }),
      consent: async (session) => {
        await this.#speak(this.#wantedLanguage());
        this.#show('consent', (words) => consent(words, session, mine().choices, () => this.start()));
        this.#tell('ready', { state: session.state, expires_at: session.expiresAt });
      },
      permission: () => this.#notice('permission', { key: 'permission', busy: true }),
      problem: (code, model) => {
        const known = WORDS_OF[code] ?? code;
        const screen = this.#words.has(`problem.${known}`) ? known : 'unknown';
        this.#notice('problem', { key: `problem.${screen}`, tone: 'unsure', code, ...model, link: this.#way(model?.redirectUrl) });
        this.#tell('error', { code });
      },
      capture: (video) => {
        const view = new CaptureView(video, {
          polite: this.#polite,
          assertive: this.#assertive,
          languageSwitch: () => this.#languageSwitch(),
          skip: () => mine()?.skip(),
          stop: () => mine()?.abort(),
          lightStop: () => mine()?.stopLight(),
        });
        this.#stopTimers();
        this.#view = view;
        this.#draw = () => view.speak(this.#words);
        this.#stage.dataset.screen = 'capture';
        this.#stage.replaceChildren(view.node);
        view.speak(this.#words);
        view.focus();
        return view;
      },
      step: (prompt, progress) => this.#tell('step', { ...prompt, total: progress?.total }),
      processing: () => this.#notice('processing', { key: 'processing', busy: true }),
      interrupted: () => this.#notice('processing', { key: 'interrupted', busy: true }),
      finished: (end) => this.#finished(end),
    };
  }

  #finished(end) {
    const passed = end.state === 'succeeded';
    const goesOn = this.hasAttribute('redirect') && this.#way(end.redirectUrl) && !end.mayRetry;
    const model = { ...end, passed, link: this.#way(end.redirectUrl), seconds: goesOn ? REDIRECT_SECONDS : undefined };
    this.#show('result', (words) => result(words, { ...model, actions: this.#actions(end.mayRetry ? ['retry'] : [], words) }));
    this.#tell(passed ? 'finished' : 'failed', {
      state: end.state, reason: end.reason ?? null, may_retry: end.mayRetry, redirect_url: end.redirectUrl ?? null,
    });
    if (goesOn) this.#redirect(end.redirectUrl, model);
  }

  /** Only web addresses are followed, and only by a page that asks for it. */
  #way(address) {
    const url = URL.canParse(address ?? '') ? new URL(address) : undefined;
    return this.hasAttribute('redirect') && /^https?:$/.test(url?.protocol ?? '') ? url.href : undefined;
  }

  #redirect(address, model) {
    const timer = setInterval(() => {
      model.seconds -= 1;
      const text = this.#stage.querySelector('#seconds');
      if (text) text.textContent = this.#words.t('result.redirecting', { seconds: model.seconds });
      if (model.seconds > 0) return;
      this.#stopTimers();
      window.location.assign(address);
    }, 1000);
    this.#timers.add(timer);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

customElements.define('lifesign-capture', LifesignCapture);
