App({
  onLaunch() {
    wx.setStorageSync('runs', (wx.getStorageSync('runs') || 0) + 1);
  },
});
