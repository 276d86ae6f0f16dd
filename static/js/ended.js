// Go back to the application after a moment; whoever prints the page wants to stay.
const link = document.querySelector("[data-redirect-after]");
const timer = setTimeout(() => location.replace(link.href), Number(link.dataset.redirectAfter) * 1000);
addEventListener("beforeprint", () => clearTimeout(timer));
