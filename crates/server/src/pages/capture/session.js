// What the server tells of a session before anything is captured.

const WAIT_MS = 10000;

export class Refused extends Error {
  constructor(code, session) {
    super(code);
    this.code = code;
    this.session = session;
  }
}

/** The session behind an address like https://host/verify-video/TOKEN; throws `Refused`. */
export async function loadSession(address) {
  const url = sessionUrl(address);
  let response;
  try {
    const options = { credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(WAIT_MS) };
    response = await fetch(`${url}/session`, options);
  } catch {
    throw new Refused('network_lost');
  }
  if (response.status === 404 || response.status === 410) throw new Refused('not_found');
  if (response.status === 429 || response.status === 503) throw new Refused('busy');
  const told = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (!told?.state) throw new Refused('unknown');
  return {
    state: told.state,
    language: told.language,
    expiresAt: told.expires_at,
    digits: told.digits ?? 'off',
    light: told.light ?? 'off',
    geolocation: told.geolocation ?? 'none',
    purpose: told.purpose,
    attemptsLeft: told.attempts_left,
    redirectUrl: told.redirect_url,
  };
}

/** The address of the stream. */
export function streamUrl(address) {
  return `${sessionUrl(address).replace(/^http/, 'ws')}/stream`;
}

function sessionUrl(address) {
  if (!URL.canParse(address, document.baseURI)) throw new Refused('not_found');
  const url = new URL(address, document.baseURI);
  if (!/^https?:$/.test(url.protocol)) throw new Refused('not_found');
  return url.origin + url.pathname.replace(/\/+$/, '');
}
