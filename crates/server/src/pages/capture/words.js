// The languages: one file each in lang/, all with the same keys.

export const LANGUAGES = { de: 'Deutsch', en: 'English', es: 'Español', fr: 'Français', hi: 'हिन्दी' };

const FALLBACK = 'en';
const loaded = new Map();

/** The first wanted language that there is; region and script do not matter. */
export function chooseLanguage(wanted) {
  const codes = wanted.filter(Boolean).map((tag) => String(tag).toLowerCase().split(/[-_]/)[0]);
  return codes.find((code) => Object.hasOwn(LANGUAGES, code)) ?? FALLBACK;
}

/** The texts of one language. */
export async function loadWords(code) {
  if (!loaded.has(code)) loaded.set(code, fetchWords(code));
  try {
    return await loaded.get(code);
  } catch (error) {
    loaded.delete(code);
    throw error;
  }
}

async function fetchWords(code) {
  const response = await fetch(new URL(`lang/${code}.json`, import.meta.url), { credentials: 'omit' });
  if (!response.ok) throw new Error(`lang/${code}.json: HTTP ${response.status}`);
  const texts = await response.json();
  const find = (key) => key.split('.').reduce((node, part) => node?.[part], texts);
  return {
    code,
    has: (key) => find(key) !== undefined,
    list: (key) => [].concat(find(key) ?? []),
    t: (key, values = {}) => String(find(key) ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? ''),
  };
}
