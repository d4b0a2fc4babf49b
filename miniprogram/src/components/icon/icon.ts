/** A small drawing beside words; names are the classes of icon.wxss. */
Component({
  properties: { name: String, size: String },
});
