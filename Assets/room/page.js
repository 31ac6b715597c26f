// What the page was served with, and whether the session still is.

export const room = document.getElementById("room");
export const texts = JSON.parse(document.getElementById("texts").textContent);
export const session = room.dataset.session;
export const formToken = room.dataset.formToken;

/// Shared by all parts: nothing reconnects or asks again once the session is over.
export const state = { isOver: false };
