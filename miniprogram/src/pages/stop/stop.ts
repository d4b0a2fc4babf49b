// The phone's store cannot be opened: a newer app wrote it, or storage fails.
// Nothing of it was touched.

Page({
  data: { why: '', care: '' },

  onLoad(query) {
    this.setData({ why: decodeURIComponent(query.why || '') });
  },
});
