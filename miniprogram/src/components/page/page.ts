/** The frame of a page: letters in care mode, a foot at thumb height, a sentence for a moment, the platform's question about privacy. */
import { Shell } from '../../page';

Component({
  options: { multipleSlots: true },
  properties: {
    toast: String,
    /** There is something in the slot "foot". */
    foot: Boolean,
  },
  data: { privacy: false, unheard: undefined as undefined | (() => void) },
  lifetimes: {
    attached() {
      const { privacy } = getApp<Shell>();
      const show = () => this.setData({ privacy: privacy.asked() });
      this.data.unheard = privacy.listen(show);
      show();
    },
    detached() {
      if (this.data.unheard) {
        this.data.unheard();
      }
    },
  },
  methods: {
    agree() {
      getApp<Shell>().privacy.answer(true);
    },
    refuse() {
      getApp<Shell>().privacy.answer(false);
    },
    read() {
      void getApp<Shell>().privacy.read();
    },
  },
});
