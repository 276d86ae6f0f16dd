// Warn before the time of the flow is over, and show its last page when it is. The server's clock
// counts: the page asks before it does either, because another tab may have got more time.
const dialog = document.querySelector("[data-seconds-left]");
const [polite, urgent] = dialog.querySelectorAll("[role=status], [role=alert]");
const countdown = dialog.querySelector("[data-countdown]");
const failed = dialog.querySelector("[data-failed]");
const stay = dialog.querySelector("[data-stay]");
const step = document.getElementById("step");
const WARNING = Number(dialog.dataset.warning);
const SAID = [WARNING, 30, 20, 10]; // seconds left that a screen reader hears of
const PATIENCE = 5000; // between two questions that were not answered
const ANSWER = 30000; // as long as an answer to the page may take

let endsAt = Date.now() + Number(dialog.dataset.secondsLeft) * 1000;
let isClosed = false; // by the customer, for this warning
let asking = null;
let askAfter = 0;
let said = Infinity;
let answeredAt = -Infinity;
let question = null;

// The answer brings another cookie. A question of the old one is refused, and whoever then loads the
// page anew loses the answer that is on its way, and the flow with it: nothing is asked meanwhile.
const isAnswering = () => performance.now() - answeredAt < ANSWER;
addEventListener("submit", () => {
  answeredAt = performance.now();
  question?.abort();
});

const left = () => Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
const words = () => countdown.dataset.countdown.replace("{}", left());

const goOn = () => {
  dispatchEvent(new Event("flow:go"));
  location.reload();
};

const learn = async () => {
  question = new AbortController();
  const { signal } = question;
  const answer = await fetch(`${location.pathname}/signal`, { cache: "no-store", signal });
  if (answer.status >= 500) throw answer;
  const { secondsLeft, mayExtend } = answer.ok ? await answer.json() : { secondsLeft: 0 };
  if (!secondsLeft) return goOn();
  const later = Date.now() + secondsLeft * 1000;
  if (later - endsAt > 2000) dispatchEvent(new Event("flow:words")); // the page names the end
  endsAt = later;
  dialog.querySelector("[data-final]").hidden = mayExtend;
  stay.hidden = !mayExtend;
};

// One question at a time, and none in a hurry while there is no answer.
const ask = () => {
  if (Date.now() < askAfter || isAnswering()) return Promise.resolve(false);
  asking ??= learn()
    .then(() => true, () => { askAfter = Date.now() + PATIENCE; return false; })
    .finally(() => { asking = null; });
  return asking;
};

const say = () => {
  const due = SAID.find((seconds) => left() <= seconds && seconds < said && left() > seconds - 10);
  if (due === undefined) return;
  said = due;
  (due === SAID.at(-1) ? urgent : polite).textContent = words();
};

const lose = () => {
  failed.hidden = false;
  urgent.textContent = failed.textContent;
};

const open = () => {
  failed.hidden = true;
  urgent.textContent = "";
  said = Infinity;
  dialog.showModal();
};

const tick = async () => {
  if (isAnswering()) return;
  if (left() > WARNING) {
    if (dialog.open) dialog.close();
    isClosed = false;
  } else if (left() === 0) {
    await ask();
  } else if (!dialog.open && !isClosed) {
    const isHeard = await ask();
    if (dialog.open || left() > WARNING || isAnswering()) return;
    open();
    if (!isHeard) lose();
  }
  if (!dialog.open) return;
  countdown.textContent = words();
  say();
};

const extend = async () => {
  const body = new FormData();
  for (const name of ["csrf_token", "step"]) body.set(name, step.elements[name].value);
  const answer = await fetch(`${location.pathname}/extend`, { method: "POST", body });
  if (answer.status >= 500) throw answer;
  if (!answer.ok) return goOn();
  askAfter = 0;
  await ask();
  dialog.close();
};

stay.addEventListener("click", () => extend().catch(lose));
dialog.addEventListener("close", () => { isClosed = true; });
setInterval(tick, 1000); // a machine that slept, or a tab that was slowed down, is right at once
const look = async () => { if (!document.hidden) { await ask(); tick(); } };
addEventListener("visibilitychange", look);
addEventListener("focus", look);
addEventListener("flow:look", look);
