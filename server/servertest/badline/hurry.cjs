// Lets a Node program's time pass HURRY times as fast: what it waits for comes
// sooner, what it measures took longer. For links that are played faster than
// they are (slow.go).
'use strict';
const speed = Number(process.env.HURRY);
const now = Date.now;
const from = now();
Date.now = () => Math.round(from + (now() - from) * speed);
const later = globalThis.setTimeout;
globalThis.setTimeout = (f, ms, ...args) => later(f, ms / speed, ...args);
