// The page's states and what moves between them: idle, camera, busy, done.

import { Problem, check, loadSettings } from './api.js';
import * as camera from './camera.js';
import { markFace, showResult, summary } from './result.js';

const $ = (id) => document.getElementById(id);
const app = $('app');
const video = $('video');

let pictureUrl;
let running;

function enter(state) {
  app.dataset.state = state;
  const hasPicture = Boolean(pictureUrl);
  $('drop').hidden = state === 'camera' || hasPicture;
  $('preview').hidden = state === 'camera' || !hasPicture;
  $('viewfinder').hidden = state !== 'camera';
  $('shutter').hidden = state !== 'camera';
  $('choices').hidden = state === 'camera';
  $('busy').hidden = state !== 'busy';
  $('result').hidden = state !== 'done';
  $('hint').hidden = state === 'done';
}

function say(text) {
  $('status').textContent = text;
}

function showPicture(blob) {
  if (pictureUrl) URL.revokeObjectURL(pictureUrl);
  pictureUrl = blob ? URL.createObjectURL(blob) : undefined;
  $('marks').replaceChildren();
  if (pictureUrl) $('picture').src = pictureUrl;
  else $('picture').removeAttribute('src');
}

function clearProblem() {
  $('problem').hidden = true;
  $('problem').replaceChildren();
}

function showProblem(error, again) {
  const problem = error instanceof Problem ? error : new Problem('Something went wrong in this page. Reload it.');
  if (!(error instanceof Problem)) console.error(error);
  const text = document.createElement('p');
  text.textContent = problem.message;
  $('problem').replaceChildren(text);
  if (problem.retry && again) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button';
    button.textContent = 'Try again';
    button.addEventListener('click', again);
    $('problem').append(button);
  }
  $('problem').hidden = false;
}

/** Checks one picture; a newer one replaces it. */
async function judge(blob) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  clearProblem();
  showPicture(blob);
  enter('busy');
  say('Checking the picture.');
  try {
    const { inconclusive_margin: margin } = await loadSettings();
    const envelope = await check(blob, mine.signal);
    if (mine !== running) return;
    showResult($('result'), envelope, margin, openPicture);
    markFace($('marks'), $('picture'), envelope.result.face);
    enter('done');
    say(summary(envelope.result));
    $('verdict').focus();
  } catch (error) {
    if (mine !== running) return;
    say('');
    showPicture(null);
    enter('idle');
    showProblem(error, () => judge(blob));
  }
}

function openPicture({ title, caption, image }) {
  $('viewer-title').textContent = title;
  $('viewer-caption').textContent = caption;
  $('viewer-image').src = image;
  $('viewer-image').alt = caption;
  $('viewer').showModal();
}

async function openCamera() {
  clearProblem();
  running?.abort();
  running = undefined;
  try {
    await camera.open(video);
    showPicture(null);
    enter('camera');
    say('The camera is on.');
    $('capture').focus();
  } catch (error) {
    enter('idle');
    showProblem(error);
  }
}

async function takePicture() {
  try {
    const blob = await camera.take(video);
    camera.close(video);
    await judge(blob);
  } catch (error) {
    showProblem(error);
  }
}

function closeCamera() {
  camera.close(video);
  enter('idle');
  say('The camera is off.');
  $('camera').focus();
}

function firstFile(transfer) {
  const files = [...(transfer?.files ?? [])];
  return files.find((file) => file.type.startsWith('image/')) ?? files[0];
}

function judgeDropped(file) {
  camera.close(video);
  judge(file);
}

$('file').addEventListener('change', (event) => {
  const [file] = event.target.files;
  // The same file may be chosen again.
  event.target.value = '';
  if (file) judge(file);
});
$('camera').addEventListener('click', openCamera);
$('capture').addEventListener('click', takePicture);
$('cancel').addEventListener('click', closeCamera);
$('drop').addEventListener('click', () => $('file').click());
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && app.dataset.state === 'camera') closeCamera();
});
document.addEventListener('paste', (event) => {
  const file = firstFile(event.clipboardData);
  if (file) judgeDropped(file);
});

// Drops count anywhere, else a miss would replace the page by the picture.
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  app.classList.add('dragging');
});
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) app.classList.remove('dragging');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  app.classList.remove('dragging');
  const file = firstFile(event.dataTransfer);
  if (file) judgeDropped(file);
});
window.addEventListener('pagehide', () => camera.close(video));

loadSettings()
  .then(({ max_bytes: limit }) => {
    $('accepted').textContent = `JPEG, PNG, WebP or BMP, at most ${Math.floor(limit / 1048576)} MB`;
  })
  .catch(showProblem);
