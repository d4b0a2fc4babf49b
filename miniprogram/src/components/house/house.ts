/** One household of a list: the words open it, the button begins a visit. */
Component({
  properties: { row: Object },
  methods: {
    open() {
      this.triggerEvent('open', { id: this.data.row.id });
    },
    visit() {
      this.triggerEvent('visit', { id: this.data.row.id });
    },
  },
});
