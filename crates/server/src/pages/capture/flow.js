// The way through one session: consent, permissions, capture, the end. What is seen of it is the `surface`'s.

import { Frames } from './frames.js';
import { Link } from './link.js';
import { Unavailable, checkBrowser, keepAwake, openMedia, openPosition } from './media.js';
import { Refused, loadSession, streamUrl } from './session.js';
import { Sound } from './sound.js';

/** How long the server may judge, or keep a session that lost its connection, before the page gives up. */
const PATIENCE_MS = 90000;
const POLL_MS = 1500;
/** How long the server may take to confirm that the person ended the session. */
const FAREWELL_MS = 3000;

export class Flow {
  session;
  /** What the person left out on the first screen. */
  choices = { voice: true, light: true };
  #address;
  #surface;
  #run = 0; // Counts up with each new beginning; whatever is older gives up.
  #media;
  #timer;
  #view;

  constructor(address, surface) {
    this.#address = address;
    this.#surface = surface;
  }

  /** Loads the session and shows the consent text. */
  async open() {
    const run = this.#begin();
    this.#surface.loading();
    await this.#guard(run, async () => {
      checkBrowser();
      if (!(await this.#load(run))) return;
      this.choices.light = this.session.light === 'required' || !matchMedia('(prefers-reduced-motion: reduce)').matches;
      await this.#surface.consent(this.session);
    });
  }

  /** Another attempt; the consent still holds. */
  async retry() {
    const run = this.#begin();
    this.#surface.loading();
    await this.#guard(run, async () => {
      if (await this.#load(run)) await this.start();
    });
  }

  /** The person agreed: asks for camera, microphone and position, then captures. */
  async start() {
    if (!this.session || this.#media) return;
    const run = this.#begin();
    this.#surface.permission();
    await this.#guard(run, async () => {
      const media = await this.#openMedia(run);
      this.#media = media; // From here on whatever ends the run turns the devices off.
      const geolocation = await openPosition(this.session.geolocation);
      if (run === this.#run) this.#capture(run, media, geolocation);
    });
  }

  skip() {
    if (this.#view?.step !== undefined) this.#media?.link.send({ type: 'skip', step: this.#view.step });
  }

  /** The person ends the session. */
  abort() {
    const link = this.#media?.link;
    if (!link) {
      this.#begin();
      this.#surface.problem('stopped', { actions: ['reload'] });
      return;
    }
    link.send({ type: 'abort' });
    this.#later(FAREWELL_MS, () => this.#fail('stopped', ['reload']));
  }

  /** Colours are no longer bearable: without them the session cannot be passed, so it ends. */
  stopLight() {
    this.abort();
  }

  close() {
    this.#begin();
  }

  #begin() {
    this.#run += 1;
    this.#release();
    return this.#run;
  }

  #release() {
    const media = this.#media;
    this.#media = undefined;
    this.#view?.close();
    this.#view = undefined;
    clearTimeout(this.#timer);
    if (!media) return;
    media.frames?.stop();
    media.sound?.stop();
    media.link?.close();
    release(media.stream);
    media.video.srcObject = null;
    media.letSleep?.();
  }

  #later(milliseconds, act) {
    const run = this.#run;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => run === this.#run && act(), milliseconds);
  }

  async #guard(run, act) {
    try {
      await act();
    } catch (error) {
      if (run !== this.#run) return;
      if (error instanceof Unavailable) this.#fail(error.code, isFinal(error.code) ? [] : ['again']);
      else if (error instanceof Refused) this.#fail(error.code, ['network_lost', 'busy', 'unknown'].includes(error.code) ? ['reload'] : []);
      else this.#fault(error);
    }
  }

  #fault(error) {
    console.error(error);
    this.#fail('unknown', ['reload']);
  }

  #fail(code, actions = []) {
    const { redirectUrl } = this.session ?? {};
    this.#begin();
    this.#surface.problem(code, { actions, redirectUrl: actions.length ? undefined : redirectUrl });
  }

  /** Loads the session; false, with the right screen, where it is not open for a capture. */
  async #load(run) {
    const session = await loadSession(this.#address);
    if (run !== this.#run) return false;
    this.session = session;
    if (session.state === 'created') return true;
    if (session.state === 'processing') this.#settle();
    else if (session.state === 'expired' || session.state === 'cancelled') this.#fail(session.state);
    else if (session.state === 'in_progress') this.#fail('in_use', ['reload']);
    else this.#fail('used');
    return false;
  }

  async #openMedia(run) {
    const { digits } = this.session;
    const wanted = { off: 'off', required: 'required' }[digits] ?? (this.choices.voice ? 'optional' : 'off');
    const stream = await openMedia(wanted);
    const media = { stream, video: videoOf(stream) };
    try {
      await media.video.play();
      media.sound = await Sound.open(stream, (samples, sequence) => media.frames && media.link.sendSound(samples, sequence));
      if (wanted === 'required' && !media.sound) throw new Unavailable('no_microphone');
      media.letSleep = await keepAwake();
      if (run !== this.#run) throw new Error('the capture was left');
      return media;
    } catch (error) {
      media.sound?.stop();
      release(stream);
      throw error;
    }
  }

  #capture(run, media, geolocation) {
    this.#view = this.#surface.capture(media.video);
    const start = {
      consent: true, microphone: Boolean(media.sound), geolocation, language: this.#view.language,
      camera: media.stream.getVideoTracks()[0]?.label,
    };
    const alive = () => run === this.#run;
    media.link = new Link(streamUrl(this.#address), start, {
      message: (message) => alive() && this.#take(message, media),
      lost: (wasOpen) => alive() && this.#settle(!media.isOver, wasOpen ? 'network_lost' : 'no_stream'),
    });
    for (const track of media.stream.getVideoTracks()) {
      track.addEventListener('ended', () => {
        if (!alive() || this.#media !== media) return;
        media.link.send({ type: 'abort' });
        this.#fail('camera_lost', ['reload']);
      });
    }
  }

  #take(message, media) {
    switch (message.type) {
      case 'ready':
        media.frames = new Frames(media.video, media.link);
        break;
      case 'state':
        this.#follow(message, media);
        break;
      case 'processing':
        this.#endCapture();
        this.#surface.processing();
        this.#later(PATIENCE_MS, () => this.#settle());
        break;
      case 'finished':
        this.#finish(message);
        break;
      case 'refused':
        this.#refused(message.code);
        break;
      default: // A newer server may tell more.
    }
  }

  async #follow(state, media) {
    const view = this.#view;
    const fresh = view?.update(state);
    if (!fresh) return;
    this.#surface.step(state.prompt, state.progress);
    await view.shown(this.choices);
    if (view === this.#view) media.link.send({ type: 'shown', step: state.prompt.step });
  }

  /** Camera and microphone go off as soon as nothing more is wanted of them; the connection stays for the result. */
  #endCapture() {
    const media = this.#media;
    if (!media) return;
    media.isOver = true;
    media.frames?.stop();
    media.sound?.stop();
    this.#view?.close();
    this.#view = undefined;
    release(media.stream);
  }

  #finish({ state, reason, may_retry: mayRetry, redirect_url: redirectUrl }) {
    if (state === 'expired' || state === 'cancelled') {
      this.#fail(state);
      return;
    }
    this.#begin();
    // A session that may be captured again is open again, yet this capture has failed.
    const end = state === 'succeeded' ? state : 'failed';
    this.#surface.finished({ state: end, reason, mayRetry: Boolean(mayRetry), redirectUrl });
  }

  #refused(code) {
    const canPass = ['busy', 'bad_message', 'too_large', 'unavailable', 'location_missing', 'consent_missing', 'microphone_missing', 'lost'];
    this.#fail(code, canPass.includes(code) ? ['reload'] : []);
  }

  /** The connection is gone, or the result is being made elsewhere: asks until the session says what became of it. */
  async #settle(interrupted = false, code = 'network_lost') {
    const run = this.#begin();
    if (interrupted) this.#surface.interrupted();
    else this.#surface.processing();
    const until = performance.now() + PATIENCE_MS;
    await this.#guard(run, async () => {
      while (run === this.#run) {
        const session = await loadSession(this.#address);
        if (run !== this.#run) return;
        this.session = session;
        const { state, redirectUrl } = session;
        if (!['created', 'in_progress', 'processing'].includes(state)) return this.#finish({ state, redirect_url: redirectUrl });
        if (state === 'created' || performance.now() > until) return this.#fail(code, ['reload']);
        await new Promise((done) => setTimeout(done, POLL_MS));
      }
    });
  }
}

/** What another try on the same device cannot change. */
function isFinal(code) {
  return code === 'insecure' || code === 'unsupported';
}

function videoOf(stream) {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  return video;
}

function release(stream) {
  stream.getTracks().forEach((track) => track.stop());
}
