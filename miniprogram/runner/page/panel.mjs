// The demo's own panel beside the phone: who holds it, its link, its letters,
// what it asked the server. No part of the product.

const PEOPLE = [
  ['cadre-001', '帮扶干部 001'], ['cadre-002', '帮扶干部 002'], ['village-01', '村干部 01（约 300 户）'], ['admin', '乡镇管理员'],
  ['household-0001', '农户 0001'], ['new-phone', '没有绑定的微信'],
];

export class Panel {
  constructor(device, pages) {
    this.device = device;
    this.pages = pages;
    this.root = document.getElementById('panel');
  }

  show() {
    document.getElementById('panel-open').addEventListener('click', () => this.root.classList.toggle('open'));
    const title = this.root.appendChild(document.createElement('h2'));
    title.textContent = '演示：这部手机';
    const { settings } = this.device;
    const known = PEOPLE.some(([who]) => who === settings.who) ? PEOPLE : [[settings.who, settings.who], ...PEOPLE];
    this.choice('谁的微信', known, settings.who, (who) => this.device.set('who', who));
    this.choice('系统字号', [['1', '标准'], ['1.4', '特大（关怀版）']], String(settings.scale), (s) => this.device.set('scale', Number(s)));
    this.toggle('没有网', 'offline');
    this.toggle('网很慢（2G）', 'slow');
    this.button('看送达情况', () => this.pages.open('/pages/outbox/outbox'));
    this.button('关掉小程序再打开', () => location.reload());
    const heading = this.root.appendChild(document.createElement('h2'));
    heading.textContent = '和服务器说了什么';
    this.log = this.root.appendChild(document.createElement('ol'));
    this.device.changed = () => this.draw();
    this.draw();
  }

  draw() {
    this.log.replaceChildren(...this.device.requests.map((line) => {
      const item = document.createElement('li');
      item.textContent = line;
      return item;
    }));
  }

  label(text, control, row) {
    const label = this.root.appendChild(document.createElement('label'));
    label.className = row ? 'row' : '';
    label.append(...(row ? [control, text] : [text, control]));
  }

  choice(text, options, value, chosen) {
    const select = document.createElement('select');
    for (const [v, words] of options) {
      select.appendChild(new Option(words, v, false, v === value));
    }
    select.addEventListener('change', () => chosen(select.value));
    this.label(text, select, false);
  }

  toggle(text, name) {
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = this.device.settings[name];
    box.addEventListener('change', () => this.device.set(name, box.checked));
    this.label(text, box, true);
  }

  button(text, tapped) {
    const b = this.root.appendChild(document.createElement('button'));
    b.textContent = text;
    b.addEventListener('click', () => {
      this.root.classList.remove('open');
      tapped();
    });
  }
}
