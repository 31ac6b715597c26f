// The button that prints a page made for paper.
"use strict";

document.documentElement.classList.replace("no-script", "script");
document.getElementById("print").addEventListener("click", () => print());
// What is folded away on the screen is not on paper.
for (const part of document.querySelectorAll("details")) part.open = true;
