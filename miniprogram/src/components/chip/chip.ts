/** The state of a thing: the same word and colour everywhere (data/words.ts). */
Component({
  properties: {
    text: String,
    tone: { type: String, value: 'slate' },
  },
});
