import { Light } from '../../data/index';
import { page, ROLES } from '../../page';

Page(page({
  data: { name: '', role: '', waiting: '', leaving: false, light: { text: '', tone: 'slate' } as Pick<Light, 'text' | 'tone'> },

  draw() {
    const { me } = this.desk.account;
    const light = this.desk.light();
    return { name: me.name, role: ROLES[me.role], light, waiting: light.unsent > 0 ? ' ' + light.unsent + ' 条' : '' };
  },

  outbox() {
    this.screen.open('/pages/outbox/outbox');
  },

  others() {
    this.screen.open('/pages/login/login');
  },

  askLeave() {
    this.setData({ leaving: true });
  },

  stay() {
    this.setData({ leaving: false });
  },

  async leaveNow() {
    await this.act(() => this.phone.logout());
  },
}));
