// Talks to the server. Every failure becomes a Problem with words for a person.

export class Problem extends Error {
  constructor(message, { retry = false } = {}) {
    super(message);
    this.retry = retry;
  }
}

// Rounded up, so that what is over a limit also reads so.
const megabytes = (bytes) => `${Math.ceil(bytes / 104857.6) / 10} MB`;

let settings;

/** What the page has to know of the server: `max_bytes`, `inconclusive_margin`. */
export async function loadSettings() {
  settings ??= fetch('/assets/settings.json').then((response) => response.json());
  try {
    return await settings;
  } catch (error) {
    settings = undefined;
    throw new Problem('The server cannot be reached.', { retry: true });
  }
}

/** Sends one picture (a Blob) and answers the envelope, which has a `result`. */
export async function check(blob, signal) {
  const { max_bytes: limit } = await loadSettings();
  if (blob.size === 0) {
    throw new Problem('This file is empty.');
  }
  if (blob.size > limit) {
    throw new Problem(`This file is too large: it has ${megabytes(blob.size)}, the limit is ${megabytes(limit)}.`);
  }
  if (blob.type && !blob.type.startsWith('image/')) {
    throw new Problem('This file is not an image. Choose a JPEG, PNG, WebP or BMP file.');
  }
  const envelope = await send(blob, signal);
  if (envelope.result) {
    return envelope;
  }
  throw refusal(envelope);
}

async function send(blob, signal) {
  let response;
  try {
    response = await fetch('/v1/liveness?explain=true', {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: blob,
      signal,
    });
    return await response.json();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    if (response) throw new Problem(`The server gave no usable answer (HTTP ${response.status}).`, { retry: true });
    throw new Problem('The server cannot be reached.', { retry: true });
  }
}

function refusal({ error, request_id: id }) {
  switch (error?.code) {
    case 'INVALID_REQUEST': {
      const said = error.message;
      return new Problem(`This picture cannot be checked: ${said}.`);
    }
    case 'OVERLOADED':
    case 'TIMED_OUT':
      return new Problem('The server is busy. Wait a moment and try again.', { retry: true });
    default:
      return new Problem(`The check failed. Name ${id} if you ask for help.`, { retry: true });
  }
}
