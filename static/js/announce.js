// Read good news out: a screen reader is silent about what stands on the page from the start.
const live = document.querySelector("[data-live]");
const news = document.querySelector("[data-announce]");
if (news) setTimeout(() => { live.textContent = news.textContent; }, 500);
