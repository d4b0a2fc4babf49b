// What an operator fills in before the mini-program is built; docs/miniprogram.md.

/** Address of the server, without a slash at its end. Where the platform hands one over (a preview does), that one holds. */
export const SERVER = '';

/** Whether this build has the right to ask for a place; without it a check-in is a time. */
export const PLACE = true;
