/** One line of a list on a card of its own. */
Component({
  options: { multipleSlots: true },
  properties: {
    title: String,
    /** Second line, smaller. */
    note: String,
    /** At the end, quiet. */
    value: String,
    icon: String,
    /** It can be tapped and leads somewhere. */
    link: Boolean,
    /** Marked at its left: returned by the township. */
    edge: Boolean,
  },
});
