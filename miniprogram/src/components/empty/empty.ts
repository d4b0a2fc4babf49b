/** Where there is nothing to show: what that means and what to do. */
Component({
  properties: { title: String, note: String, icon: { type: String, value: 'check' } },
});
