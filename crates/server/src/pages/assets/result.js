// Draws a result. Text is only ever set as text, so nothing from the server can become markup.

const SVG = 'http://www.w3.org/2000/svg';

const VERDICTS = {
  LIVE: { title: 'Live', meaning: 'Consistent with a living person in front of the camera.', mark: 'M9 17l5 5 10-12' },
  SPOOF: { title: 'Spoof', meaning: 'Consistent with a presentation attack: a print, a screen, a mask or a generated face.', mark: 'M11 11l10 10M21 11L11 21' },
  INCONCLUSIVE: { title: 'Inconclusive', meaning: 'No decision can be made from this picture. Take a new one.', mark: 'M12 12.5c0-5.5 8-5.5 8-.5 0 3-4 3-4 6M16 22.5v.1' },
};

// How a value is written: what follows it, and how many decimals it has.
const UNITS = { px: [' px', 0], deg: ['°', 1], ratio: ['', 2], count: ['', 0], variance: ['', 0] };

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'class') node.className = value;
    else if (name.startsWith('--')) node.style.setProperty(name, value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const two = (number) => number.toFixed(2);
const percent = (number) => `${Math.round(number * 100)} %`;
const words = (name) => {
  const text = name.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** One sentence for screen readers. */
export function summary({ verdict, confidence, threshold, face_detected: found, reasons }) {
  const { title, meaning } = VERDICTS[verdict];
  const figures = found ? ` Confidence ${two(confidence)}, threshold ${two(threshold)}.` : '';
  const why = reasons.length ? ` ${reasons[0].message} ${reasons[0].guidance}` : '';
  return `${title}. ${meaning}${figures}${why}`;
}

/** Outlines the judged face on the picture. */
export async function markFace(marks, picture, face) {
  if (!face) return;
  try {
    await picture.decode();
  } catch {
    return;
  }
  const { x, y, width, height } = face.box;
  marks.setAttribute('viewBox', `0 0 ${picture.naturalWidth} ${picture.naturalHeight}`);
  const radius = Math.min(width, height) * 0.12;
  marks.replaceChildren(svg('rect', { x, y, width, height, rx: radius }));
}

/** Fills `root` with everything that an envelope says. */
export function showResult(root, envelope, margin, openPicture) {
  const { result, pictures = [] } = envelope;
  root.dataset.verdict = result.verdict;
  root.replaceChildren(
    banner(result, margin),
    reasons(result),
    signals(result.signals),
    quality(result.quality),
    gallery(pictures, openPicture),
    details(envelope),
  );
}

function banner(result, margin) {
  const { title, meaning, mark } = VERDICTS[result.verdict];
  const icon = svg('svg', { viewBox: '0 0 32 32', class: 'verdict-icon', 'aria-hidden': 'true' });
  icon.append(svg('circle', { cx: 16, cy: 16, r: 15 }), svg('path', { d: mark }));
  const box = el('div', { class: 'card verdict' },
    el('div', { class: 'verdict-head' }, icon,
      el('div', {},
        el('h2', { id: 'verdict', tabindex: '-1' }, title),
        el('p', {}, meaning))));
  if (result.face_detected) box.append(gauge(result, margin));
  return box;
}

function gauge({ confidence, threshold }, margin) {
  const from = Math.max(0, threshold - margin);
  const to = Math.min(1, threshold + margin);
  const label = `Confidence ${two(confidence)} of 1. Under ${two(from)} is spoof, over ${two(to)} is live, between is inconclusive.`;
  return el('div', { class: 'gauge', role: 'img', 'aria-label': label, '--from': from, '--to': to, '--value': confidence },
    el('div', { class: 'gauge-value' }, 'Confidence ', el('strong', {}, two(confidence))),
    el('div', { class: 'gauge-track' },
      el('span', { class: 'gauge-spoof' }), el('span', { class: 'gauge-band' }), el('span', { class: 'gauge-live' }),
      el('span', { class: 'gauge-needle' })),
    el('div', { class: 'gauge-scale' },
      el('span', { class: 'at-zero' }, 'Spoof'),
      el('span', { class: 'at-band' }, `${two(from)} – ${two(to)}`),
      el('span', { class: 'at-one' }, 'Live')));
}

function section(title, note, ...children) {
  const head = el('h3', {}, title);
  return el('section', { class: 'card' }, head, ...(note ? [el('p', { class: 'quiet' }, note)] : []), ...children);
}

function reasons({ verdict, reasons: list }) {
  if (!list.length) return '';
  const title = verdict === 'LIVE' ? 'What could be better' : 'What to do';
  const items = list.map(({ code, message, guidance }) =>
    el('li', { 'data-code': code }, el('strong', {}, message), ' ', el('span', {}, guidance)));
  return section(title, '', el('ul', { class: 'reasons' }, ...items));
}

function signals(list) {
  if (!list.length) return '';
  // What counts most comes first.
  const items = [...list].sort((a, b) => b.weight - a.weight).map((signal) => {
    const state = !signal.assessed ? 'none' : signal.passed ? 'good' : 'low';
    const score = signal.assessed ? two(signal.score) : '–';
    const note = { none: 'not assessed', good: 'passed', low: 'low' }[state];
    return el('li', { class: 'signal', 'data-state': state },
      el('div', { class: 'signal-head' },
        el('span', { class: 'signal-name' }, signal.label),
        el('span', { class: 'signal-score' }, el('span', { class: 'tag' }, note), el('strong', {}, score))),
      el('div', { class: 'bar', 'aria-hidden': 'true', '--value': signal.assessed ? signal.score : 0 }, el('span')),
      el('p', { class: 'quiet' }, signal.detail, ' ', el('span', { class: 'weight' }, `Counts ${percent(signal.weight)}.`)));
  });
  return section('Signals', 'Each looks at one property of the picture; together, by their weights, they make the confidence.',
    el('ul', { class: 'signals' }, ...items));
}

function quality(list) {
  if (!list.length) return '';
  const rows = list.map(({ name, value, unit, passed }) =>
    el('tr', { 'data-state': passed ? 'good' : 'low' },
      el('th', { scope: 'row' }, words(name)),
      el('td', { class: 'number' }, figure(value, unit)),
      el('td', {}, el('span', { class: 'tag' }, passed ? 'good' : 'outside limits'))));
  return section('Image quality', '',
    el('table', {},
      el('thead', { class: 'visually-hidden' },
        el('tr', {}, ...['Component', 'Value', 'Judgement'].map((text) => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, ...rows)));
}

function figure(value, unit) {
  const [suffix, decimals] = UNITS[unit] ?? [` ${unit}`, 2];
  return `${value.toFixed(decimals)}${suffix}`;
}

function gallery(pictures, open) {
  if (!pictures.length) return '';
  const figures = pictures.map((picture) => {
    const button = el('button', { type: 'button', class: 'picture', 'aria-label': `Enlarge: ${picture.title}` },
      el('img', { src: picture.image, alt: picture.caption, width: picture.width, height: picture.height, decoding: 'async' }));
    button.addEventListener('click', () => open(picture));
    return el('figure', { 'data-name': picture.name }, button,
      el('figcaption', {}, el('strong', {}, picture.title), ' ', picture.caption));
  });
  const fold = el('details', { class: 'card fold', id: 'pictures' },
    el('summary', {}, 'Pictures of what was measured'), el('div', { class: 'gallery' }, ...figures));
  return fold;
}

function details({ request_id: id, timestamp, result, pictures, ...rest }) {
  const shown = { ...rest, request_id: id, timestamp, result };
  return el('details', { class: 'card fold' },
    el('summary', {}, 'For the record'),
    el('dl', { class: 'record' },
      el('dt', {}, 'Request'), el('dd', {}, id),
      el('dt', {}, 'Time'), el('dd', {}, timestamp),
      el('dt', {}, 'Profile'), el('dd', {}, result.profile),
      el('dt', {}, 'Calibration'), el('dd', {}, result.calibration)),
    el('pre', { tabindex: '0', 'aria-label': 'The answer of the API, without the pictures' }, JSON.stringify(shown, null, 2)));
}
