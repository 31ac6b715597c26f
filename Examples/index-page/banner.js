// What this page does for visitors who come back from the portal, and nothing else.
"use strict";

// One text per reason (Documentation/anonymous-access.md). Anything else in the address is ignored.
const reasons = new Map([
  ["session-deleted", {
    kind: "good",
    title: "Your session has ended.",
    text: "Everything in it has been removed. Come back whenever you like.",
  }],
  ["session-unavailable", {
    kind: "wait",
    title: "All places are taken just now.",
    text: "Nothing was started. Please try again in a few minutes.",
  }],
  ["session-invalid", {
    kind: "bad",
    title: "That session is no longer there.",
    text: "It ended, or its time ran out, a while ago. You can start a fresh one below.",
  }],
  ["workshop-invalid", {
    kind: "bad",
    title: "There is no class behind that link.",
    text: "The link is out of date. These are the classes of tonight.",
  }],
  ["startup-timeout", {
    kind: "bad",
    title: "Your computer took too long to start.",
    text: "It was nothing that you did. Please try once more.",
  }],
]);

const here = new URL(location.href);
const reason = reasons.get(here.searchParams.get("notification"));

// The links say where to come back to. Served from another address than the one written in the page, correct them.
for (const link of document.querySelectorAll("a[data-launch]")) {
  const target = new URL(link.href);
  target.searchParams.set("index_url", here.origin + here.pathname);
  link.href = target.href;
}

// A reload or a bookmark should not bring the banner back.
if (here.searchParams.has("notification")) {
  here.searchParams.delete("notification");
  history.replaceState(history.state, "", here);
}

if (reason) {
  const banner = document.getElementById("banner");
  banner.classList.add(reason.kind);
  banner.hidden = false;
  // A moment later: a region that appears together with its text is not announced everywhere.
  setTimeout(() => {
    document.getElementById("banner-title").textContent = reason.title;
    document.getElementById("banner-text").textContent = reason.text;
  }, 100);
  document.getElementById("banner-close").addEventListener("click", () => {
    banner.hidden = true;
    document.querySelector("h1").focus();
  });
}
