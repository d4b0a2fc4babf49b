// A card spoken once in the dialect: recorded here, approved by the township.

import { Block, blocks, CLIP_MS } from '../../../data/index';
import { page, PageThis, textOf } from '../../../page';
import { DeviceError, Recording } from '../../../platform/types';

const view = { title: '', blocks: [] as Block[], dialect: '本地话', running: false, seconds: 0, own: [] as { key: string; dialect: string; state: string; words: string }[] };

interface Helpers {
  tick(): void;
  stop(): Promise<void>;
}

type Self = PageThis<typeof view, Helpers> & { recording?: Recording; endTick?: () => void };

Page(page({
  data: view,

  draw(this: Self) {
    const card = this.desk.cards().find((c) => c.code === this.query.code);
    const text = card && this.desk.cardText(card);
    return { title: (card && card.title) || '', blocks: text === undefined ? [] : blocks(text), own: this.desk.clips.own(this.query.code) };
  },

  typed(this: Self, e: WechatMiniprogram.CustomEvent) {
    this.setData({ dialect: textOf(e) });
  },

  async start(this: Self) {
    try {
      this.recording = await this.desk.clips.start();
      this.setData({ running: true, seconds: 0 });
      this.tick();
    } catch (e) {
      this.say(e instanceof DeviceError && e.why === 'refused' ? '没有录音的权限，请在微信的设置里允许。' : '现在录不了，请再试一次。');
    }
  },

  tick(this: Self) {
    this.endTick = this.desk.platform.timer.after(1000, () => {
      this.setData({ seconds: this.data.seconds + 1 });
      if (this.data.seconds * 1000 >= CLIP_MS) {
        void this.stop();
      } else if (this.data.running) {
        this.tick();
      }
    });
  },

  async stop(this: Self) {
    const { recording, endTick } = this;
    if (!recording) {
      return;
    }
    this.recording = undefined;
    if (endTick) {
      endTick();
    }
    this.setData({ running: false });
    await this.act(async () => {
      const { path } = await recording.stop();
      await this.desk.clips.keep(this.query.code, this.data.dialect.trim() || '本地话', path);
      this.desk.sent();
      this.say('录好了，交给镇里听。');
    });
  },

  leave(this: Self) {
    void this.stop();
  },
}));
