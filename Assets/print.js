// The button that prints a page made for paper.
"use strict";

document.documentElement.classList.replace("no-script", "script");
document.getElementById("print").addEventListener("click", () => print());
