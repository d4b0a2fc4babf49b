/** The honest light of the header; a tap opens the outbox. */
Component({
  properties: {
    /** What Desk.light gave. */
    light: { type: Object, value: { text: '', tone: 'slate' } },
  },
});
