// What the console does with a script beyond what its pages do without one.
'use strict';
(function () {
  document.documentElement.classList.add('js');
  const on = function (type, listener) { document.addEventListener(type, listener); };

  // Filters apply as soon as one is chosen.
  on('change', function (e) {
    const form = e.target.closest('form.filters');
    if (form && e.target.tagName === 'SELECT') form.submit();
  });

  // One question at a time stays open, and Escape closes it.
  function close(but) {
    document.querySelectorAll('details.ask[open]').forEach(function (d) {
      if (!but || !d.contains(but)) d.open = false;
    });
  }

  // A photo opens over the page; without a script the link opens the picture.
  function zoom(link) {
    const box = document.createElement('button');
    box.className = 'zoomed';
    box.setAttribute('aria-label', '关掉照片');
    const img = document.createElement('img');
    img.src = link.href;
    img.alt = link.firstElementChild.alt;
    box.append(img);
    box.onclick = function () { box.remove(); link.focus(); };
    document.body.append(box);
    box.focus();
  }

  on('click', function (e) {
    close(e.target);
    const photo = e.target.closest('a.zoom');
    if (photo) { e.preventDefault(); zoom(photo); }
    const all = e.target.closest('[data-tick]');
    if (all) {
      const boxes = Array.from(document.querySelectorAll('[name="' + all.dataset.tick + '"][type=checkbox]'));
      const tick = boxes.some(function (b) { return !b.checked; });
      boxes.forEach(function (b) { b.checked = tick; });
    }
  });

  // Keys press what says so: data-key="a". Not while somebody writes, and not
  // together with Ctrl and its like.
  on('keydown', function (e) {
    if (e.key === 'Escape') {
      close();
      const box = document.querySelector('.zoomed');
      if (box) box.click();
      return;
    }
    if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || e.repeat || e.target.closest('input:not([type=checkbox]),textarea,select')) return;
    if (!/^[a-z]$/i.test(e.key)) return;
    const what = document.querySelector('[data-key="' + e.key.toLowerCase() + '"]');
    if (!what) return;
    e.preventDefault();
    what.click();
    const box = what.tagName === 'SUMMARY' && what.parentElement.querySelector('textarea');
    if (box) box.focus();
  });

  // A form goes once, however often its button is pressed. What answers with a
  // file leaves its page as it is (data-file): that one may go again after a
  // moment, or the page would have to be loaded anew.
  on('submit', function (e) {
    const form = e.target;
    if (form.dataset.sent) { e.preventDefault(); e.stopPropagation(); return; }
    if (form.method === 'post') form.dataset.sent = '1';
    if ('file' in form.dataset) setTimeout(function () { delete form.dataset.sent; }, 3000);
  });
  window.addEventListener('pageshow', function () {
    document.querySelectorAll('form[data-sent]').forEach(function (f) { delete f.dataset.sent; });
  });

  // The seconds a decision may be taken back count down, then the offer goes.
  setInterval(function () {
    document.querySelectorAll('[data-until]').forEach(function (f) {
      const left = Number(f.dataset.until) - 1;
      f.dataset.until = left;
      if (left < 1) { f.remove(); return; }
      f.querySelector('.secs').textContent = left;
    });
  }, 1000);

  // After a part of the page was renewed, the menu's figure follows it.
  on('htmx:afterSettle', function () {
    const now = document.querySelector('[data-left]');
    const badge = now && document.querySelector('.menu a[href="' + now.dataset.menu + '"] b');
    if (badge && badge.firstChild) badge.firstChild.textContent = now.dataset.total || now.dataset.left;
  });
})();
