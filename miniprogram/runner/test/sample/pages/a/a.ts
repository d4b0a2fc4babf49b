Page({
  data: { taps: 0, runs: 0, text: '', status: '' },
  onLoad() {
    this.setData({ runs: wx.getStorageSync('runs') });
    this.ask();
  },
  ask() {
    wx.request({
      url: '/healthz',
      dataType: 'text',
      success: (r) => this.setData({ status: String(r.statusCode) }),
      fail: (e) => this.setData({ status: e.errMsg }),
    });
  },
  tap() {
    this.setData({ taps: this.data.taps + 1 });
    this.ask();
  },
  typed(e: { detail: { value: string } }) {
    this.setData({ text: e.detail.value });
  },
});
