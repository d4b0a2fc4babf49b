// What the console does with a script beyond what its pages do without one.
'use strict';

// Filters apply as soon as one is chosen.
document.addEventListener('change', function (e) {
  const form = e.target.closest('form.filters');
  if (form && e.target.tagName === 'SELECT') form.submit();
});

// One question at a time stays open, and Escape closes it.
document.addEventListener('click', function (e) {
  document.querySelectorAll('details.ask[open]').forEach(function (d) {
    if (!d.contains(e.target)) d.open = false;
  });
});
document.addEventListener('keydown', function (e) {
  if (e.key === 'Escape') document.querySelectorAll('details.ask[open]').forEach(function (d) { d.open = false; });
});

// A form goes once, however often its button is pressed.
document.addEventListener('submit', function (e) {
  if (e.target.dataset.sent) { e.preventDefault(); return; }
  if ((e.target.method || '') === 'post') e.target.dataset.sent = '1';
});
window.addEventListener('pageshow', function () {
  document.querySelectorAll('form[data-sent]').forEach(function (f) { delete f.dataset.sent; });
});
