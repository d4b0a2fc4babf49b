package account

// HOTP lets tests of the whole compute what an authenticator app shows.
var HOTP = hotp
