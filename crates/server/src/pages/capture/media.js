// Camera, microphone and position: asking for them, and the reason in one word where that fails.

export class Unavailable extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

const CAMERA = { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 960 }, frameRate: { ideal: 30 } };
const MICROPHONE = { channelCount: 1, echoCancellation: false };
const POSITION = { timeout: 15000, maximumAge: 60000 };

/** Throws where the browser or the address can never give a picture. */
export function checkBrowser() {
  if (!window.isSecureContext) throw new Unavailable('insecure');
  const needed = [navigator.mediaDevices?.getUserMedia, window.WebSocket, window.HTMLDialogElement];
  if (!needed.every(Boolean)) throw new Unavailable('unsupported');
}

/**
 * The camera, with the microphone where it is wanted: 'off', 'optional' or 'required'. Who refuses only the
 * microphone is asked again for the camera alone, if the session can do without.
 */
export async function openMedia(microphone) {
  checkBrowser();
  if (microphone !== 'off') {
    try {
      return await navigator.mediaDevices.getUserMedia({ video: CAMERA, audio: MICROPHONE });
    } catch (error) {
      if (microphone === 'required') throw await blame(error);
    }
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video: CAMERA, audio: false });
  } catch (error) {
    throw new Unavailable(cameraCode(error));
  }
}

/** Whether the camera or only the microphone is to blame. */
async function blame(error) {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const hasDevice = (kind) => devices.some((device) => device.kind === kind);
  if (error.name === 'NotFoundError' && hasDevice('videoinput')) return new Unavailable('no_microphone');
  if (error.name !== 'NotAllowedError') return new Unavailable(cameraCode(error));
  const camera = await navigator.permissions?.query({ name: 'camera' }).catch(() => undefined);
  return new Unavailable(camera?.state === 'granted' ? 'microphone_refused' : 'camera_refused');
}

function cameraCode(error) {
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'camera_refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'no_camera';
    case 'NotReadableError':
    case 'AbortError':
      return 'camera_in_use';
    default:
      return 'camera_failed';
  }
}

/** Latitude and longitude, or null where they are only asked for and not given. */
export async function openPosition(wanted) {
  if (wanted === 'none') return null;
  try {
    const { coords } = await new Promise((found, failed) =>
      navigator.geolocation.getCurrentPosition(found, failed, POSITION));
    return { latitude: coords.latitude, longitude: coords.longitude };
  } catch {
    if (wanted === 'required') throw new Unavailable('location_refused');
    return null;
  }
}

/** Families that hide the permission in different places; keys of `allow` in the language files. */
export function browserFamily(agent = navigator.userAgent, touch = navigator.maxTouchPoints > 1) {
  if (/; wv\)|FBAN|FBAV|Instagram|Line\/|MicroMessenger/.test(agent)) return 'inside_app';
  const apple = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touch);
  if (apple) return /CriOS|FxiOS|EdgiOS|OPiOS/.test(agent) ? 'ios_other' : 'ios_safari';
  if (/Android/.test(agent)) return /Firefox/.test(agent) ? 'android_firefox' : 'android_chrome';
  if (/Firefox/.test(agent)) return 'firefox';
  if (/Chrome|Chromium|Edg/.test(agent)) return 'chrome';
  return /Safari/.test(agent) ? 'safari' : 'other';
}

/** Keeps the screen of a phone on; answers what lets it go. */
export async function keepAwake() {
  const lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
  return () => lock?.release().catch(() => {});
}
