/** The frame of a page: letters in care mode, a foot at thumb height, a sentence for a moment. */
Component({
  options: { multipleSlots: true },
  properties: {
    toast: String,
    /** There is something in the slot "foot". */
    foot: Boolean,
  },
});
