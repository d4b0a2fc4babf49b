// The stack of pages with the platform's title bar and tabs.

const $ = (id) => document.getElementById(id);

function parse(url) {
  const [path, query = ''] = url.replace(/^\//, '').split('?');
  const pairs = query.split('&').filter(Boolean).map((pair) => {
    const i = pair.indexOf('=');
    return i < 0 ? [pair, ''] : [pair.slice(0, i), pair.slice(i + 1)];
  });
  return { path, options: Object.fromEntries(pairs) };
}

export class Pages {
  constructor(settings, createRoot, device) {
    this.settings = settings;
    this.createRoot = createRoot;
    this.device = device;
    this.stack = [];
    /** Tab pages stay alive while another tab is shown. */
    this.kept = new Map();
    this.tabs = (settings.app.tabBar?.list || []).map((t) => t.pagePath);
    $('back').addEventListener('click', () => this.back(1));
    this.drawTabs();
    this.watchPull();
  }

  first() {
    return this.settings.app.entryPagePath || this.settings.pages[0];
  }

  top() {
    return this.stack[this.stack.length - 1];
  }

  /** Calls a page's function; what it throws is an error of the product and is shown as one. */
  call(page, name, ...args) {
    const f = page?.caller[name];
    const failed = (e) => {
      console.error(e);
      reportError(e);
    };
    try {
      const r = f?.apply(page.caller, args);
      if (r && typeof r.catch === 'function') {
        r.catch(failed);
      }
      return r;
    } catch (e) {
      failed(e);
      return undefined;
    }
  }

  open(url) {
    const { path, options } = parse(url);
    if (!this.settings.pages.includes(path)) {
      throw new Error('page "' + path + '" is not found');
    }
    this.hideTop();
    const host = document.createElement('main');
    host.className = 'wx-page-box';
    host.dataset.page = path;
    host.tabIndex = 0; // the keyboard scrolls it
    const place = host.appendChild(document.createElement('span'));
    $('pages').appendChild(host);
    const root = this.createRoot(path);
    const page = { path, host, root, caller: root.get(), title: undefined };
    page.caller.route = path;
    page.caller.options = options;
    this.stack.push(page);
    root.attach(host, place);
    this.call(page, 'onLoad', options);
    this.showTop();
    this.call(page, 'onReady');
  }

  hideTop() {
    const page = this.top();
    if (page) {
      page.host.hidden = true;
      this.call(page, 'onHide');
    }
  }

  showTop() {
    const page = this.top();
    page.host.hidden = false;
    this.drawBar();
    page.root.getComponent().triggerPageLifetime?.('show', []);
    this.call(page, 'onShow');
  }

  drop(page) {
    this.call(page, 'onUnload');
    page.root.release();
    page.host.remove();
  }

  back(delta = 1) {
    if (this.stack.length < 2) {
      return;
    }
    for (let i = 0; i < delta && this.stack.length > 1; i++) {
      this.drop(this.stack.pop());
    }
    this.showTop();
  }

  redirect(url) {
    const old = this.stack.pop();
    this.drop(old);
    this.open(url);
  }

  reLaunch(url) {
    [...this.stack, ...[...this.kept.values()].filter((p) => !this.stack.includes(p))].reverse().forEach((p) => this.drop(p));
    this.stack = [];
    this.kept.clear();
    this.open(url);
  }

  switchTab(url) {
    const { path } = parse(url);
    if (!this.tabs.includes(path)) {
      throw new Error('can not switch to no-tabBar page');
    }
    while (this.stack.length > 1) {
      this.drop(this.stack.pop());
    }
    const now = this.top();
    if (now?.path === path) {
      this.showTop();
      return;
    }
    this.hideTop();
    if (now && this.tabs.includes(now.path)) {
      this.kept.set(now.path, now);
    } else if (now) {
      this.drop(now);
    }
    this.stack = [];
    const kept = this.kept.get(path);
    if (kept) {
      this.stack = [kept];
      this.showTop();
    } else {
      this.open(path);
    }
  }

  /** The title bar and the tabs as the page on top wants them. */
  drawBar() {
    const page = this.top();
    const window = { ...this.settings.app.window, ...this.settings.page[page.path] };
    $('title').textContent = page.title ?? window.navigationBarTitleText ?? '';
    $('bar').style.background = window.navigationBarBackgroundColor || '#000000';
    $('bar').style.color = window.navigationBarTextStyle || 'white';
    $('back').hidden = this.stack.length < 2;
    $('pages').style.background = window.backgroundColor || '#ffffff';
    const isTab = this.tabs.includes(page.path);
    $('tabs').hidden = !isTab;
    for (const tab of $('tabs').children) {
      const on = tab.dataset.path === page.path;
      tab.setAttribute('aria-current', on ? 'page' : 'false');
      tab.style.color = on ? this.settings.app.tabBar.selectedColor : this.settings.app.tabBar.color;
    }
  }

  setTitle(title) {
    this.top().title = title;
    this.drawBar();
  }

  badge(index, text) {
    const tab = $('tabs').children[index];
    if (tab) {
      tab.dataset.badge = text;
    }
  }

  drawTabs() {
    for (const { pagePath, text } of this.settings.app.tabBar?.list || []) {
      const tab = document.createElement('button');
      tab.textContent = text;
      tab.dataset.path = pagePath;
      tab.addEventListener('click', () => {
        this.switchTab('/' + pagePath);
        this.call(this.top(), 'onTabItemTap', { pagePath, text });
      });
      $('tabs').appendChild(tab);
    }
  }

  /** Pull-down: a drag of 60 px from the top of the page. */
  watchPull() {
    let from = null;
    const start = (e) => {
      from = this.top()?.host.scrollTop === 0 ? (e.touches ? e.touches[0] : e).clientY : null;
    };
    const move = (e) => {
      const y = (e.touches ? e.touches[0] : e).clientY;
      const page = this.top();
      if (from !== null && y - from > 60 && this.settings.page[page.path].enablePullDownRefresh) {
        from = null;
        $('pull').hidden = false;
        this.call(page, 'onPullDownRefresh');
      }
    };
    $('pages').addEventListener('touchstart', start, { passive: true });
    $('pages').addEventListener('touchmove', move, { passive: true });
  }

  pulled() {
    $('pull').hidden = true;
  }
}
