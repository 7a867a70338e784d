'use strict';
// Says when a part of a page could not be loaded anew: what is shown is old then. Shows where one is.

(() => {
  const MESSAGE = 'This page could not be brought up to date. What it shows may be old.';

  function showStale(isStale) {
    const shown = document.getElementById('stale');
    if (!isStale) shown?.remove();
    else if (shown === null) {
      const box = document.createElement('p');
      box.id = 'stale';
      box.className = 'stale';
      box.setAttribute('role', 'alert');
      box.textContent = MESSAGE;
      document.getElementById('content')?.prepend(box);
    }
  }

  // On a phone the navigation scrolls: where one is should be in sight.
  document
    .querySelector('.sections [aria-current]')
    ?.scrollIntoView({ inline: 'center', block: 'nearest' });

  for (const name of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout', 'tollgate:stale']) {
    document.addEventListener(name, () => showStale(true));
  }
  for (const name of ['htmx:afterSwap', 'tollgate:fresh']) {
    document.addEventListener(name, () => showStale(false));
  }
})();
