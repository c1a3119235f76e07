// The screens around the capture: consent, notices, the result.

import { element } from './dom.js';
import { sign } from './icons.js';
import { browserFamily } from './media.js';

/** What the person is asked to agree to. `choices` is changed by the boxes. */
export function consent(words, session, choices, agree) {
  const { t } = words;
  const voice = session.digits !== 'off';
  const light = session.light !== 'off';
  const facts = [
    t('consent.camera'),
    voice && t('consent.microphone'),
    session.geolocation !== 'none' && t(`consent.location_${session.geolocation}`),
    t('consent.steps'),
    t('consent.duration'),
  ].filter(Boolean);
  return element('main', { class: 'screen' },
    heading(t('consent.title')),
    session.purpose && element('div', { class: 'purpose' },
      element('p', { class: 'quiet' }, t('consent.purpose')), element('p', { id: 'purpose' }, session.purpose)),
    element('p', {}, t('consent.intro')),
    element('ul', {}, ...facts.map((fact) => element('li', {}, fact))),
    light && element('p', { class: 'note', 'data-tone': 'unsure', id: 'light-warning' },
      t(session.light === 'required' ? 'consent.light_required' : 'consent.light')),
    session.digits === 'skippable' && box('no-voice', t('consent.without_voice'), choices, 'voice'),
    session.light === 'measured' && box('no-light', t('consent.without_light'), choices, 'light'),
    element('p', { class: 'quiet' }, t('consent.decline')),
    element('div', { class: 'buttons' }, button('agree', t('button.agree'), agree, true)));
}

/** A box that leaves something out. */
function box(id, text, choices, name) {
  const input = element('input', { type: 'checkbox', id });
  input.checked = !choices[name];
  input.addEventListener('change', () => {
    choices[name] = !input.checked;
  });
  return element('label', { class: 'box' }, input, element('span', {}, text));
}

/** A heading, a text, and what can be done. `key` names the texts; `code` is what tests and hosts know it by. */
export function notice(words, { key, code, tone, busy, actions, link }) {
  const { t } = words;
  const family = browserFamily();
  const steps = words.has(`${key}.where`) ? words.list(`allow.${family}`) : [];
  return element('main', { class: 'screen centred', 'data-code': code },
    busy ? element('span', { class: 'spinner', 'aria-hidden': 'true' }) : sign(tone),
    heading(t(`${key}.title`)),
    element('p', { class: 'text' }, t(`${key}.text`)),
    steps.length > 0 && element('div', { class: 'steps', id: 'allow', 'data-family': family },
      element('p', {}, t(`${key}.where`)), element('ol', {}, ...steps.map((step) => element('li', {}, step)))),
    ways(words, actions, link));
}

/** How it ended, without blame. */
export function result(words, { passed, reason, mayRetry, actions, link, seconds }) {
  const { t } = words;
  const key = passed ? 'succeeded' : 'failed';
  const told = reason === 'lost' ? 'interrupted' : reason;
  const why = passed ? undefined : t(words.has(`failure.${told}`) ? `failure.${told}` : 'failure.not_live');
  return element('main', { class: 'screen centred', 'data-code': key, 'data-reason': reason ?? undefined },
    sign(passed ? 'good' : 'unsure'),
    heading(t(`result.${key}.title`)),
    element('p', { class: 'text' }, why ?? t('result.succeeded.text')),
    !passed && element('p', { class: 'quiet' }, t(mayRetry ? 'result.failed.again' : 'result.failed.over')),
    seconds !== undefined && element('p', { class: 'quiet', id: 'seconds', 'aria-hidden': 'true' }, t('result.redirecting', { seconds })),
    ways(words, actions, link));
}

function ways(words, actions, link) {
  const buttons = actions.map(({ name, text, run }, i) => button(name, text, run, i === 0));
  if (link) {
    const look = buttons.length ? 'button' : 'button primary';
    buttons.push(element('a', { class: look, id: 'continue', href: link, rel: 'noreferrer' }, words.t('button.continue')));
  }
  return buttons.length > 0 && element('div', { class: 'buttons' }, ...buttons);
}

function heading(text) {
  return element('h1', { tabindex: '-1' }, text);
}

export function button(id, text, run, primary = false) {
  return element('button', { type: 'button', id, class: primary ? 'button primary' : 'button', onclick: run }, text);
}
