import { Block, blocks, SoundView } from '../../data/index';
import { dataOf, page } from '../../page';

Page(page({
  data: { title: '', blocks: [] as Block[], sounds: [] as SoundView[], playing: '', mayRecord: false },

  draw() {
    const card = this.desk.cards().find((c) => c.code === this.query.code);
    const text = card && this.desk.cardText(card);
    return { title: (card && card.title) || '', blocks: text === undefined ? [] : blocks(text), sounds: card ? this.desk.clips.sounds(card) : [], mayRecord: card !== undefined && this.desk.mayRecord() };
  },

  /** Plays, or stops what plays. Sound that is not here is fetched by this tap. */
  async play(e: WechatMiniprogram.TouchEvent) {
    const id = dataOf(e).id;
    const { playing } = this.data;
    this.desk.clips.stop();
    this.setData({ playing: '' });
    if (playing === id) {
      return;
    }
    await this.act(async () => {
      await this.desk.clips.play(id, () => this.setData({ playing: '' }));
      this.setData({ playing: id });
      this.redraw(); // the sound is on the phone now
    });
  },

  leave() {
    this.desk.clips.stop();
  },

  record() {
    this.screen.open('/packages/kit/clip/record?code=' + this.query.code);
  },
}));
