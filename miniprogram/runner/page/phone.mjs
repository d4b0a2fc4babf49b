// A phone in the browser: glass-easel as the platform's renderer, with the
// platform's elements, pages and functions around it.

import { MiniProgramEnv, glassEasel } from 'glass-easel-miniprogram-adapter';
import { TAGS } from '../tags.mjs';
import { elements } from './elements.mjs';
import { Pages } from './pages.mjs';
import { Panel } from './panel.mjs';
import { Device } from '../wx/device.mjs';
import { platform } from '../wx/platform.mjs';

/** Elements of WXML become wx-…, so that the browser gives them no behaviour of its own. */
const factory = {
  createElement: (tag) => document.createElement(TAGS.has(tag) ? 'wx-' + tag : tag),
  createTextNode: (text) => document.createTextNode(text),
  createDocumentFragment: () => document.createDocumentFragment(),
};

function backend() {
  const b = new glassEasel.CurrentWindowBackendContext();
  b.document = factory;
  b.onEvent((target, name, detail, options) => {
    const event = new glassEasel.Event(name, detail, options);
    event.dispatch(target);
    return event.defaultPrevented ? glassEasel.EventBubbleStatus?.NoDefault : undefined;
  });
  return b;
}

export class Phone {
  /** settings: { pages, app, page } of the build; styles: CSS by page or component, 'app' for all. */
  constructor(settings, styles) {
    this.device = new Device();
    const env = new MiniProgramEnv();
    this.space = env.createCodeSpace('', true);
    const own = elements(env.getGlobalCodeSpace().getComponentSpace(), {
      showable: (path) => this.device.files.address(path),
      opened: (button, type) => this.device.opened(button, type),
    });
    for (const [tag, element] of Object.entries(own)) {
      this.space.getComponentSpace().setGlobalUsingComponent(tag, element);
    }
    this.space.addStyleSheet('app', 'app');
    const screen = env.associateBackend(backend());
    Object.entries(styles).forEach(([name, css]) => screen.registerStyleSheetContent(name, css));
    this.pages = new Pages(settings, (name) => screen.createRoot('wx-page', this.space, name), this.device);
  }

  add(name, config, template, scope, styled) {
    this.space.addComponentStaticConfig(name, config);
    this.space.addCompiledTemplate(name, template);
    if (styled) {
      this.space.addStyleSheet(name, name, scope);
    }
  }

  /** Runs the script of a page or component with Page, Component and Behavior bound to it. */
  define(name, script) {
    this.space.globalComponentEnv(globalThis, name, script);
  }

  /** Runs the app: scripts first, then launch, then the first page. */
  async start(scripts) {
    await this.device.open();
    let app = {};
    globalThis.App = (definition) => {
      app = definition;
    };
    globalThis.getApp = () => app;
    globalThis.getCurrentPages = () => this.pages.stack.map((p) => p.caller);
    globalThis.wx = platform(this.device, this.pages);
    scripts();
    new Panel(this.device, this.pages).show();
    const path = decodeURIComponent(location.hash.slice(1)) || this.pages.first();
    const options = { path, query: {}, scene: 1001 };
    app.onLaunch?.(options);
    app.onShow?.(options);
    this.device.onVisible((visible) => {
      const call = visible ? 'onShow' : 'onHide';
      app[call]?.(options);
      this.pages.call(this.pages.top(), call);
    });
    this.pages.open(path);
    document.body.dataset.ready = '1';
  }
}
