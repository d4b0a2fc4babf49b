import { loadAll, RoadLine, roadLines } from '../../../data/index';
import { page, PageThis } from '../../../page';

const view = { lines: [] as RoadLine[], all: false, relogin: false, busy: false };

interface Helpers {
  look(): Promise<void>;
}

type Self = PageThis<typeof view, Helpers>;

Page(page({
  data: view,

  draw(this: Self) {
    void this.look();
    return {};
  },

  async look(this: Self) {
    const lines = await roadLines(this.desk);
    this.setData({ lines, all: lines.every((l) => l.ok), relogin: lines.some((l) => l.key === 'login' && !l.ok) });
  },

  async load(this: Self) {
    if (this.data.busy) {
      return;
    }
    this.setData({ busy: true });
    await this.act(() => loadAll(this.desk));
    this.setData({ busy: false });
    await this.look();
  },

  login(this: Self) {
    this.screen.open('/pages/login/login');
  },
}));
