/** Something to be typed; kind: text, number, digit, or long for several lines. What is wrong stands beside it. */
Component({
  properties: {
    label: String,
    value: String,
    kind: { type: String, value: 'text' },
    placeholder: String,
    secret: Boolean,
    max: { type: Number, value: 140 },
    confirm: { type: String, value: 'done' },
    reason: String,
  },
  methods: {
    typed(e: WechatMiniprogram.Input) {
      this.triggerEvent('input', { value: e.detail.value });
    },
    left(e: WechatMiniprogram.InputBlur) {
      this.triggerEvent('blur', { value: e.detail.value });
    },
    confirmed(e: WechatMiniprogram.InputConfirm) {
      this.triggerEvent('confirm', { value: e.detail.value });
    },
  },
});
