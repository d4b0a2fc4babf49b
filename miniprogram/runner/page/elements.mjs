// The platform's own elements for glass-easel: what the product's templates
// use of them, with the properties of the platform's documentation.

const of = (type, value) => ({ type, value });
const STRING = of(String, '');
const BOOL = of(Boolean, false);
const NUMBER = of(Number, 0);
const ANY = of(null, undefined);

/** Properties every element takes; the accessible ones are written to the DOM. */
const SPOKEN = ['ariaLabel', 'ariaRole', 'ariaHidden', 'ariaDisabled', 'ariaChecked', 'ariaSelected', 'ariaExpanded', 'ariaBusy', 'ariaLive', 'ariaModal', 'ariaLevel', 'ariaLabelledby', 'ariaDescribedby', 'ariaValuenow', 'ariaValuemin', 'ariaValuemax'];
const COMMON = Object.fromEntries([...SPOKEN, 'hoverClass', 'hoverStartTime', 'hoverStayTime', 'hoverStopPropagation'].map((name) => [name, ANY]));

function speak(element, data) {
  for (const name of SPOKEN) {
    const attribute = name === 'ariaRole' ? 'role' : 'aria-' + name.slice(4).toLowerCase();
    const value = data[name];
    if (value === undefined || value === null || value === '') {
      element.removeAttribute(attribute);
    } else {
      element.setAttribute(attribute, String(value));
    }
  }
}

/** A thing that is tapped is pressed by the keyboard too, and shows that it is held. */
function press(element, component) {
  const set = (on) => {
    const name = component.data.hoverClass;
    if (name && name !== 'none' && !component.data.disabled) {
      element.classList.toggle(name, on);
    }
  };
  element.addEventListener('pointerdown', () => set(true));
  for (const end of ['pointerup', 'pointercancel', 'pointerleave']) {
    element.addEventListener(end, () => set(false));
  }
}

function define(space, tag, { properties = {}, observers = {}, attached = () => undefined } = {}) {
  return space
    .define('wx-' + tag)
    .options({ hostNodeTagName: 'wx-' + tag, virtualHost: false })
    .definition({
      properties: { ...COMMON, ...properties },
      observers: {
        [SPOKEN.join(', ')]() {
          if (this.element) {
            speak(this.element, this.data);
          }
        },
        ...observers,
      },
      lifetimes: {
        attached() {
          this.element = this.getBackendElement();
          speak(this.element, this.data);
          press(this.element, this);
          attached(this.element, this);
        },
      },
    })
    .registerComponent();
}

/** Inputs keep their DOM events to themselves and fire the platform's. */
function field(space, tag) {
  const properties = {
    value: STRING, type: of(String, 'text'), password: BOOL, placeholder: STRING, placeholderStyle: STRING, placeholderClass: STRING,
    disabled: BOOL, maxlength: of(Number, 140), focus: BOOL, autoHeight: BOOL, confirmType: STRING, confirmHold: BOOL, name: STRING,
    cursorSpacing: NUMBER, cursor: ANY, adjustPosition: ANY, holdKeyboard: BOOL, showConfirmBar: ANY, disableDefaultPadding: BOOL,
  };
  const sync = (dom, data) => {
    const value = String(data.value ?? '');
    if (dom.value !== value) {
      dom.value = value;
    }
    dom.placeholder = data.placeholder;
    dom.disabled = data.disabled;
    if (data.ariaLabel || data.placeholder) {
      dom.setAttribute('aria-label', data.ariaLabel || data.placeholder);
    }
    if (tag === 'input') {
      dom.type = data.password ? 'password' : 'text';
      dom.inputMode = { number: 'numeric', digit: 'decimal' }[data.type] || 'text';
    }
    if (data.maxlength >= 0) {
      dom.maxLength = data.maxlength;
    } else {
      dom.removeAttribute('maxlength');
    }
    if (tag === 'textarea' && data.autoHeight) {
      dom.style.height = 'auto';
      // What is not laid out yet has no height to go by.
      dom.style.height = dom.scrollHeight > 0 ? dom.scrollHeight + 'px' : '';
    }
  };
  const attached = (element, c) => {
    const dom = element.appendChild(document.createElement(tag));
    // The label is the inner element's; a role or label outside would be read twice.
    element.removeAttribute('aria-label');
    c.dom = dom;
    sync(dom, c.data);
    for (const name of ['input', 'change', 'keyup', 'keypress', 'select', 'focusin', 'focusout']) {
      dom.addEventListener(name, (e) => e.stopPropagation());
    }
    dom.addEventListener('input', () => c.triggerEvent('input', { value: dom.value, cursor: dom.selectionStart }));
    dom.addEventListener('focus', () => c.triggerEvent('focus', { value: dom.value, height: 0 }));
    dom.addEventListener('blur', () => c.triggerEvent('blur', { value: dom.value }));
    dom.addEventListener('keydown', (e) => {
      if (e.key === 'Enter' && tag === 'input') {
        c.triggerEvent('confirm', { value: dom.value });
      }
    });
  };
  const observers = {
    'value, type, password, placeholder, disabled, maxlength, autoHeight, ariaLabel'() {
      if (this.dom) {
        sync(this.dom, this.data);
        this.element.removeAttribute('aria-label');
      }
    },
    focus(on) {
      if (on && this.dom) {
        this.dom.focus();
      }
    },
  };
  return define(space, tag, { properties, observers, attached });
}

function image(space, showable) {
  const paint = async (c) => {
    const { src, mode } = c.data;
    const url = src ? await showable(src) : '';
    if (src !== c.data.src) {
      return; // another picture was set meanwhile
    }
    c.inner.style.backgroundImage = url ? `url("${url}")` : '';
    c.inner.style.backgroundSize = mode === 'aspectFill' ? 'cover' : mode === 'aspectFit' ? 'contain' : '100% 100%';
    if (url) {
      c.triggerEvent('load', {});
    } else if (src) {
      c.triggerEvent('error', { errMsg: 'GET ' + src + ' fail' });
    }
  };
  return define(space, 'image', {
    properties: { src: STRING, mode: of(String, 'scaleToFill'), lazyLoad: BOOL, webp: BOOL, showMenuByLongpress: BOOL },
    observers: {
      'src, mode'() {
        if (this.inner) {
          void paint(this);
        }
      },
    },
    attached(element, c) {
      if (!element.hasAttribute('role')) {
        element.setAttribute('role', 'img');
      }
      c.inner = element.appendChild(document.createElement('div'));
      c.inner.className = 'wx-picture';
      void paint(c);
    },
  });
}

function button(space, opened) {
  return define(space, 'button', {
    properties: { type: STRING, size: STRING, plain: BOOL, disabled: BOOL, loading: BOOL, formType: STRING, openType: STRING, lang: STRING },
    observers: {
      disabled(off) {
        if (this.element) {
          this.element.setAttribute('aria-disabled', String(off));
        }
      },
    },
    attached(element, c) {
      element.setAttribute('role', 'button');
      element.tabIndex = 0;
      element.addEventListener('keydown', (e) => {
        if (e.key === 'Enter' || e.key === ' ') {
          e.preventDefault();
          element.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
          element.dispatchEvent(new MouseEvent('mouseup', { bubbles: true }));
        }
      });
      c.addListener('tap', () => {
        if (!c.data.disabled) {
          opened(c, c.data.openType);
        }
      });
    },
  });
}

/** showable(path) resolves to an address the browser can load; opened(button, openType) does what such a button does. */
export function elements(space, { showable, opened }) {
  const plain = (tag, properties) => define(space, tag, { properties });
  return {
    view: plain('view'),
    text: plain('text', { selectable: BOOL, userSelect: BOOL, space: STRING, decode: BOOL }),
    label: plain('label', { for: STRING }),
    form: plain('form', { reportSubmit: BOOL }),
    'scroll-view': plain('scroll-view', { scrollX: BOOL, scrollY: BOOL, scrollTop: ANY, scrollIntoView: STRING, scrollWithAnimation: BOOL, enhanced: BOOL }),
    canvas: plain('canvas', { type: STRING, canvasId: STRING }),
    'root-portal': plain('root-portal', { enable: ANY }),
    'page-container': plain('page-container', { show: BOOL }),
    button: button(space, opened),
    image: image(space, showable),
    input: field(space, 'input'),
    textarea: field(space, 'textarea'),
  };
}
