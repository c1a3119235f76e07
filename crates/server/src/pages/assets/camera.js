// The camera: a mirrored view, as in a mirror, and a picture that is not mirrored.

import { Problem } from './api.js';

const QUALITY = 0.95;

let stream;

/** Shows the camera in `video`. */
export async function open(video) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Problem('The camera is available only over https or on localhost. Choose a picture instead.');
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 960 } },
    });
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    close(video);
    throw new Problem(reason(error));
  }
}

/** Stops the camera and its light. */
export function close(video) {
  stream?.getTracks().forEach((track) => track.stop());
  stream = undefined;
  video.srcObject = null;
}

/** The current frame as a JPEG blob. */
export async function take(video) {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  if (!canvas.width || !canvas.height) {
    throw new Problem('The camera gives no picture yet. Try again.');
  }
  canvas.getContext('2d').drawImage(video, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
  if (!blob) throw new Problem('The browser could not save the picture.');
  return blob;
}

function reason(error) {
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'The camera was refused. Allow it in the settings of the browser, or choose a picture.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera was found. Choose a picture instead.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The camera is in use by another program. Close that, or choose a picture.';
    default:
      return 'The camera could not be started. Choose a picture instead.';
  }
}
