// One picture for each thing that is asked. Left and right are those of the mirrored view, which are the person's own.

import { drawing } from './dom.js';

const HEAD = 'M24 9c-8 0-13 6-13 14 0 9 6 18 13 18s13-9 13-18c0-8-5-14-13-14Z';
const EYES = 'M18.500 22h.1M29.500 22h.1';
const MOUTH = 'M19.500 31.500c3 1.600 6 1.600 9 0';
const CHEVRON = { turn_left: 'M7 17l-6 7 6 7', turn_right: 'M41 17l6 7-6 7', look_up: 'M17 6l7-6 7 6', look_down: 'M17 44l7 6 7-6' };
/** Room for the arrowheads. */
const VIEW = { turn_left: '-17 -2 64 54', turn_right: '1 -2 64 54', look_up: '-4 -16 56 62', look_down: '-4 6 56 62' };
const PATHS = {
  blink_twice: [HEAD, 'M15.500 22c1.500 1.800 4.500 1.800 6 0M26.500 22c1.500 1.800 4.500 1.800 6 0', MOUTH, 'M41 10l4-3M43 16h5M5 7l-4-3M5 16H0'],
  smile: [HEAD, EYES, 'M16.500 28c2 7 13 7 15 0Z'],
  open_mouth: [HEAD, EYES, 'M24 27.500a4 5 0 1 0 .01 0Z'],
  move_closer: [HEAD, EYES, MOUTH, 'M1 8V1h7M40 1h7v7M47 42v7h-7M8 49H1v-7'],
  read_digits: [HEAD, EYES, 'M24 28a3 3.600 0 1 0 .01 0Z', 'M41 25c2.500 3 2.500 9 0 12M45 22c4 5 4 13 0 18'],
  light_sequence: [HEAD, EYES, MOUTH, 'M24 5V0M41 13l4-4M44 24h5M7 13L3 9M4 24h-5'],
  rest: [HEAD, EYES, MOUTH],
};

/** The picture of an action; `reach` from 0 to 2 tells by the number of arrowheads how far to go. */
export function icon(kind, reach = 0) {
  const arrow = CHEVRON[kind];
  const paths = arrow ? [HEAD, EYES, MOUTH] : (PATHS[kind] ?? PATHS.rest);
  const drawn = paths.map((d) => drawing('path', { d }));
  for (let i = 0; arrow && i <= reach; i += 1) {
    drawn.push(drawing('path', { d: arrow, class: 'arrow', transform: `translate(${shift(kind, i)})` }));
  }
  return drawing('svg', { class: 'icon', preserveAspectRatio: 'xMinYMid', viewBox: VIEW[kind] ?? '-3 -2 54 54', 'aria-hidden': 'true', 'data-kind': kind }, ...drawn);
}

function shift(kind, i) {
  const far = 7 * i;
  return { turn_left: [-far, 0], turn_right: [far, 0], look_up: [0, -far], look_down: [0, far] }[kind].join(' ');
}

const SIGNS = {
  good: 'M16 25l6 6 11-13',
  unsure: 'M24 14v13M24 34h.1',
  info: 'M24 22v12M24 15h.1',
};

/** A sign in a circle, so that no meaning is in colour alone. */
export function sign(tone) {
  return drawing('svg', { class: 'sign', viewBox: '0 0 48 48', 'aria-hidden': 'true' },
    drawing('circle', { cx: 24, cy: 24, r: 22 }), drawing('path', { d: SIGNS[tone] ?? SIGNS.info }));
}
