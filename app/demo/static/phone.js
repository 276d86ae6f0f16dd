/* Looks every five seconds, as an app does, and at once when the page is looked at again. */
const phone = document.querySelector("[data-news]");
const live = document.querySelector("[data-live]");
const EVERY = 5000;
let told = false;

function isBeingFilledIn() {
  const fields = [...document.querySelectorAll("[data-form] input:not([type=hidden])")];
  return fields.some((field) => field === document.activeElement || (field.type !== "radio" && field.value));
}

function tell(words, link) {
  live.textContent = words;
  if (link) {
    const way = document.createElement("a");
    way.href = location.pathname;
    way.textContent = link;
    live.append(" ", way);
  }
}

async function look() {
  if (document.hidden || told) return;
  try {
    const answer = await fetch(phone.dataset.news, { cache: "no-store", redirect: "error" });
    const { seen } = await answer.json();
    if (live.dataset.lost) {
      delete live.dataset.lost;
      live.textContent = "";
    }
    if (seen === phone.dataset.seen) return;
    if (isBeingFilledIn()) {
      told = true;
      tell("Something has changed.", "Show it");
    } else {
      location.replace(location.pathname);
    }
  } catch {
    live.dataset.lost = "yes";
    tell("This page has lost the demo client.");
  }
}

if (phone) {
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
