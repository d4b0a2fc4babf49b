Component({
  methods: {
    tap() {
      this.triggerEvent('go');
    },
  },
});
