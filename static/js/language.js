// Put the words of a freshly loaded page in the place of the present ones, element by element:
// whatever was typed, chosen or counted down stays. So a language is switched, and a new end shown.
// With the words go links to pages in them, QR codes of them, what a hidden field says was shown,
// and the size of an amount, which is longer in one language than in another.
const WORDS = [
  "aria-current", "aria-label", "alt", "class", "data-countdown", "data-ready", "datetime", "title",
  "href", "hreflang", "lang", "d", "viewBox", "value",
];
const OWN = "[data-live], [data-alert], [data-countdown], dialog [role]"; // written by scripts
const CONTROLS = "input, select, textarea, button, dialog";

// Collect what has to be done; false where the pages differ in more than words.
function compare(now, fresh, todo) {
  if (now.nodeType === Node.TEXT_NODE) {
    if (now.data !== fresh.data) todo.push(() => { now.data = fresh.data; });
    return true;
  }
  if (now.nodeType !== Node.ELEMENT_NODE) return true;
  for (const name of WORDS) {
    const value = fresh.getAttribute(name);
    if (now.getAttribute(name) === value) continue;
    todo.push(() => (value === null ? now.removeAttribute(name) : now.setAttribute(name, value)));
  }
  if (now.matches(OWN)) return true;
  const [ours, theirs] = [[...now.childNodes], [...fresh.childNodes]];
  const isSame = ours.length === theirs.length && ours.every((one, i) => one.nodeName === theirs[i].nodeName);
  if (isSame) return ours.every((one, i) => compare(one, theirs[i], todo));
  if (now.querySelector(CONTROLS) || fresh.querySelector(CONTROLS)) return false;
  todo.push(() => now.replaceChildren(...theirs.map((one) => document.importNode(one, true))));
  return true;
}

async function take(address) {
  const answer = await fetch(address, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [here, there] = [document, page].map((each) => each.querySelector("[name=step]")?.value);
  const todo = [];
  if (!answer.ok || here !== there || !compare(document.body, page.body, todo)) return false;
  for (const act of todo) act();
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  document.documentElement.dir = page.documentElement.dir;
  return true;
}

addEventListener("click", async (event) => {
  const link = event.target.closest?.(".languages a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (await take(link.href).catch(() => false)) {
    const menu = link.closest("details");
    menu?.removeAttribute("open");
    menu?.querySelector("summary").focus(); // the link that had the focus is hidden now
  } else {
    dispatchEvent(new Event("flow:go"));
    location.assign(link.href);
  }
});

addEventListener("flow:words", () => {
  const same = new URLSearchParams(location.search); // the page may say that another was out of date
  same.delete("lang"); // it may have been switched since
  take(`?${same}`).catch(() => {});
});
