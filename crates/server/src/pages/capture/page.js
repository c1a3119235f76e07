// The page behind a session's link: the component, and nothing that the component could do itself.

import '../capture.js';

const capture = document.getElementById('capture');
capture.addEventListener('language', ({ detail }) => {
  document.documentElement.lang = detail.language;
  document.documentElement.dir = detail.dir;
  document.title = detail.title;
});
capture.setAttribute('session', window.location.origin + window.location.pathname);
