// Put into the page before its own scripts: a session, a connection and devices that tests play.
// `fake.tell(message)` is the server speaking; `fake.texts` and `fake.binaries` are what the page sent.
(() => {
  const fake = {
    session: {
      state: 'created', language: null, expires_at: '2030-01-01T00:00:00Z', digits: 'skippable', light: 'off',
      geolocation: 'none', attempts_left: 3, redirect_url: null, purpose: 'Opening an account at Example Bank',
    },
    status: 200,
    media: {}, // `video` or `audio`: the name of the error that asking for it gives.
    size: [480, 640],
    texts: [],
    binaries: [],
    sockets: [],
    refuses: false,
    tell: (message) => fake.socket.onmessage?.({ data: JSON.stringify(message) }),
    drop: () => fake.socket.close(),
  };
  window.fake = Object.assign(fake, JSON.parse(sessionStorage.getItem('fake') ?? '{}'));
  Object.assign(fake.session, fake.change ?? {});

  // Events of the component do not bubble, but they can be caught on their way down.
  fake.events = [];
  for (const name of ['ready', 'step', 'finished', 'failed', 'error']) {
    window.addEventListener(name, ({ type, detail }) => detail && fake.events.push([type, detail]), true);
  }
  // The page may be left at once after its end, so what it was then is kept for the page that comes after.
  window.addEventListener('finished', ({ target, detail }) => {
    const at = (selector) => target.shadowRoot?.querySelector(selector);
    if (detail) sessionStorage.setItem('end', JSON.stringify({
      detail, screen: at('.stage')?.dataset.screen, title: at('h1')?.textContent,
    }));
  }, true);
  for (const name of fake.missing ?? []) {
    if (name === 'secure') Object.defineProperty(window, 'isSecureContext', { value: false });
    else delete window[name];
  }

  const realFetch = window.fetch;
  window.fetch = (url, options) => {
    if (!String(url).endsWith('/session')) return realFetch(url, options);
    if (fake.status === 0) return Promise.reject(new TypeError('no connection'));
    return Promise.resolve(new Response(JSON.stringify(fake.session), { status: fake.status }));
  };

  window.WebSocket = class {
    static OPEN = 1;
    readyState = 0;
    bufferedAmount = 0;
    constructor(url) {
      this.url = url;
      fake.socket = this;
      fake.sockets.push(url);
      setTimeout(() => {
        if (fake.refuses) return this.close();
        this.readyState = 1;
        this.onopen?.();
      });
    }
    send(data) {
      if (typeof data === 'string') fake.texts.push(JSON.parse(data));
      else fake.binaries.push(data);
    }
    close() {
      this.readyState = 3;
      this.onclose?.({});
    }
  };

  const camera = () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = fake.size;
    const { width, height } = canvas;
    const paint = canvas.getContext('2d');
    let turn = 0;
    const draw = () => {
      const sky = paint.createLinearGradient(0, 0, 0, height);
      sky.addColorStop(0, '#8fa7ad');
      sky.addColorStop(1, '#55666b');
      paint.fillStyle = sky;
      paint.fillRect(0, 0, width, height);
      paint.fillStyle = '#c99b7f';
      paint.beginPath();
      paint.ellipse(width / 2, height * 0.47, 0.18 * Math.min(width, 560), 0.25 * Math.min(width, 560), 0, 0, 7);
      paint.fill();
      // The left edge of what the camera sees is red, so that a mirrored frame can be told.
      paint.fillStyle = '#c0392b';
      paint.fillRect(0, 0, width / 8, height);
      paint.fillStyle = `hsl(${(turn += 7)} 50% 50%)`;
      paint.fillRect(0, height - 4, width, 4);
      setTimeout(draw, 40);
    };
    draw();
    return canvas.captureStream(30).getVideoTracks()[0];
  };
  const tone = () => {
    const context = new AudioContext();
    const source = context.createOscillator();
    const out = context.createMediaStreamDestination();
    source.frequency.value = 440;
    source.connect(out);
    source.start();
    return out.stream.getAudioTracks()[0];
  };
  fake.tracks = [];
  navigator.mediaDevices.getUserMedia = async ({ video, audio }) => {
    fake.asked = { video: Boolean(video), audio: Boolean(audio) };
    const error = (audio && fake.media.audio) || (video && fake.media.video);
    if (error) throw new DOMException('refused by the test', error);
    if (fake.media.pending) await new Promise(() => {});
    const tracks = [camera(), ...(audio ? [tone()] : [])];
    fake.tracks.push(...tracks);
    return new MediaStream(tracks);
  };
})();
