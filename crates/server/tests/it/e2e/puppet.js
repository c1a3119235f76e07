// Put into the page before its own scripts: camera and microphone are those of a puppet that looks at the page, and at
// nothing else, and does what it shows. `puppet.add` gives it its pictures and its voice, `puppet.way` tells how honest it is.
(() => {
  const [WIDTH, HEIGHT] = [640, 480];
  const YAW = [12, 20, 28]; // By the number of arrowheads that the page draws.
  const PITCH = [11, 19];
  const REACTION_MS = 500;
  /** About as often as the page sends frames: more would only cost this machine what the server needs. */
  const FRAME_MS = 90;
  const LOOP_FRAMES = 16;
  const HEAD = { turn_left: ['yaw', 1], turn_right: ['yaw', -1], look_up: ['pitch', 1], look_down: ['pitch', -1] };
  const REST = { yaw: 0, pitch: 0, mouth: 0, smile: 0, scale: 1 };
  const OTHER = {
    turn_left: 'turn_right', turn_right: 'turn_left', look_up: 'look_down', look_down: 'look_up',
  };
  const decode = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const faces = [];
  const voice = [];
  const puppet = { way: 'honest', said: [], log: [], face: 0 };
  window.puppet = puppet;

  /** One picture of a face at one place of an axis. */
  puppet.add = async (face, axis, value, jpeg) => {
    faces[face] ??= {};
    (faces[face][axis] ??= []).push([value, await createImageBitmap(new Blob([decode(jpeg)], { type: 'image/jpeg' }))]);
  };
  let context;
  puppet.speak = async (digit, wav) => {
    context ??= new AudioContext();
    voice[digit] = await context.decodeAudioData(decode(wav).buffer);
  };

  // A movement of minimum jerk.
  const course = (value) => ({ from: value, to: value, start: 0, lasts: 1 });
  const at = ({ from, to, start, lasts }, now) => {
    const x = Math.max(0, Math.min(1, (now - start) / lasts));
    return from + (to - from) * (10 * x ** 3 - 15 * x ** 4 + 6 * x ** 5);
  };
  const body = Object.fromEntries(Object.entries(REST).map(([axis, value]) => [axis, course(value)]));
  const go = (axis, to, start, lasts) => {
    body[axis] = { from: at(body[axis], start), to, start, lasts };
  };
  let closed = [];
  let asked;
  let head;
  let words = [];

  const act = (kind, arrows, digits, now) => {
    if (HEAD[kind]) {
      const [axis, sign] = HEAD[kind];
      const reach = axis === 'yaw' ? YAW[arrows - 1] : PITCH[Math.min(arrows, 2) - 1];
      go(axis, sign * reach, now, 600);
      head = { axis, sign, from: now + 1100 };
    } else if (kind === 'smile') go('smile', 1, now, 400);
    else if (kind === 'open_mouth') go('mouth', 1, now, 400);
    else if (kind === 'move_closer') go('scale', 1.45, now, 1200);
    else if (kind === 'blink_twice') closed = [[now, now + 600], [now + 1200, now + 1800], [now + 3600, now + 4200], [now + 4800, now + 5400]];
    else if (kind === 'read_digits') say(digits, now);
  };
  const relax = (now) => {
    head = undefined;
    for (const axis of ['yaw', 'pitch', 'mouth', 'smile']) go(axis, 0, now, 500);
    go('scale', 1, now, 900);
  };
  const correct = (guidance, now) => {
    if (!head || now < head.from) return;
    const change = { further: 2.5, less_far: -2.5 }[guidance];
    if (!change) return;
    go(head.axis, body[head.axis].to + head.sign * change, now, 200);
    head.from = now + 500;
  };

  const say = (digits, now) => {
    if (puppet.way === 'silent') return;
    const spoken = puppet.way === 'wrong_digits' ? digits.map((digit) => (digit + 5) % 10) : digits;
    puppet.said.push(spoken);
    let time = context.currentTime + Math.max(0, now - performance.now()) / 1000;
    words = [];
    for (const digit of spoken) {
      const source = new AudioBufferSourceNode(context, { buffer: voice[digit] });
      source.connect(puppet.out);
      source.start(time);
      words.push({ start: performance.now() + (time - context.currentTime) * 1000, buffer: voice[digit] });
      time += voice[digit].duration + 0.12;
    }
  };
  /** How wide the mouth is while it speaks: the loudness of what it says. */
  const lips = (now) => {
    for (const { start, buffer } of words) {
      const from = Math.floor(((now - start) / 1000) * buffer.sampleRate);
      const samples = buffer.getChannelData(0).subarray(Math.max(0, from - 1200), Math.max(0, from + 1200));
      if (now >= start && samples.length) {
        const loud = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
        if (from < buffer.length) return Math.min(0.8, 5 * loud);
      }
    }
    return 0;
  };

  /** Looks at the page, as a person would: picture, arrowheads, digits and guidance. */
  const look = (now) => {
    const stage = document.querySelector('lifesign-capture')?.shadowRoot?.querySelector('.stage');
    const capture = stage?.querySelector('.capture');
    if (stage?.dataset.screen !== 'capture' || !capture) return;
    const { kind, guidance } = capture.dataset;
    const step = capture.querySelector('#count').textContent;
    if (puppet.way === 'swapped' && puppet.log.length > 1) puppet.face = 1;
    if (kind === 'rest') {
      const away = Object.entries(REST).some(([axis, value]) => body[axis].to !== value);
      if (asked && away) relax(now + 200);
      closed = closed.filter(([from]) => from <= now); // Nobody goes on once it is enough.
      asked = undefined;
      return;
    }
    const arrows = capture.querySelectorAll('.arrow').length;
    const digits = [...capture.querySelectorAll('.digits b')].map((digit) => Number(digit.textContent));
    if (asked !== kind) {
      asked = kind;
      puppet.log.push(`${step}: ${kind} ${arrows} ${digits}`);
      puppet.since = now;
      if (puppet.way === 'still' || puppet.way === 'looped') return;
      if (puppet.way !== 'misread') act(kind, arrows, digits, now + REACTION_MS);
    } else if (puppet.way === 'misread') {
      // Goes its own way again and again, as a recording of another session does.
      const phase = (now - puppet.since) % 3000;
      const turn = Math.floor((now - puppet.since) / 3000);
      if (phase > 500 && puppet.turn !== turn) {
        puppet.turn = turn;
        // Two arrowheads: far enough to be wrong whatever was asked.
        act(OTHER[kind] ?? 'turn_left', 2, digits, now);
      } else if (phase > 1900 && puppet.turned !== turn) {
        puppet.turned = turn;
        relax(now);
      }
    } else correct(guidance, now);
  };

  const nearest = (axis, value) => faces[puppet.face][axis].reduce((best, one) =>
    (Math.abs(one[0] - value) < Math.abs(best[0] - value) ? one : best))[1];
  const picture = (now) => {
    const shut = closed.some(([from, to]) => now >= from && now < to);
    if (shut) return nearest('blink', 1);
    const mouth = Math.max(at(body.mouth, now), lips(now));
    const value = { yaw: at(body.yaw, now), pitch: at(body.pitch, now), mouth, smile: at(body.smile, now), scale: at(body.scale, now) };
    const most = { yaw: value.yaw / 28, pitch: value.pitch / 19, mouth, smile: value.smile, scale: (value.scale - 1) / 0.45 };
    const axis = Object.keys(most).reduce((a, b) => (Math.abs(most[b]) > Math.abs(most[a]) ? b : a));
    return nearest(axis, value[axis]);
  };

  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  const paint = canvas.getContext('2d');
  const noise = Array.from({ length: 5 }, () => {
    const tile = new OffscreenCanvas(WIDTH + 64, HEIGHT + 64);
    const image = new ImageData(tile.width, tile.height);
    for (let i = 0; i < image.data.length; i += 4) {
      const grain = Math.random() * 255;
      image.data.set([grain, grain, grain, 10], i);
    }
    tile.getContext('2d').putImageData(image, 0, 0);
    return tile;
  });
  let frame = 0;
  const draw = () => {
    const now = performance.now();
    look(now);
    frame += 1;
    const still = puppet.way === 'still';
    // The loop is one second and a half of swaying, drawn the same each time.
    const t = puppet.way === 'looped' ? ((frame % LOOP_FRAMES) * FRAME_MS) / 1000 : now / 1000;
    const sway = (period, size) => (still ? 0 : size * Math.sin((2 * Math.PI * t) / period));
    paint.setTransform(1, 0, 0, 1, 0, 0);
    paint.translate(WIDTH / 2 + sway(7.3, 5), HEIGHT / 2 + sway(5.1, 3));
    paint.rotate((sway(5.7, 0.7) * Math.PI) / 180);
    paint.scale(1.04 + sway(6.1, 0.006), 1.04 + sway(6.1, 0.006));
    paint.drawImage(picture(now), -WIDTH / 2, -HEIGHT / 2);
    if (!still) {
      paint.setTransform(1, 0, 0, 1, 0, 0);
      const shift = () => (puppet.way === 'looped' ? 0 : -Math.floor(Math.random() * 64));
      paint.drawImage(noise[puppet.way === 'looped' ? frame % LOOP_FRAMES % noise.length : frame % noise.length], shift(), shift());
    }
  };

  navigator.mediaDevices.getUserMedia = async ({ audio }) => {
    setInterval(draw, FRAME_MS);
    draw();
    const tracks = canvas.captureStream(15).getVideoTracks();
    if (audio) {
      puppet.out = context.createMediaStreamDestination();
      await context.resume();
      tracks.push(...puppet.out.stream.getAudioTracks());
    }
    return new MediaStream(tracks);
  };
})();
