package roster

// DrawBook is for the tests that bring the real store.
var DrawBook = drawBook
