/** Something laid over the page from below; a tap beside it closes it. */
Component({
  properties: {
    shown: Boolean,
    title: String,
    /** A tap beside it does nothing. */
    firm: Boolean,
  },
  methods: {
    close() {
      if (!this.data.firm) {
        this.triggerEvent('close');
      }
    },
    still() {
      // The page below does not move.
    },
  },
});
