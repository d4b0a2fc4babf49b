/** A button. kind: main (the one thing to do on a page), second, plain, warn, small. */
Component({
  properties: {
    kind: { type: String, value: 'second' },
    icon: String,
    disabled: Boolean,
    /** For screen readers, where the words are not enough. */
    label: String,
    /** What the platform itself does on a tap. */
    openType: String,
    buttonId: String,
  },
  methods: {
    /** The platform's answer to an openType. */
    passed(e: WechatMiniprogram.CustomEvent) {
      this.triggerEvent('answer', e.detail);
    },
  },
});
