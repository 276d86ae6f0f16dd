// Wait for the phone. A socket says when to look again; without one the page looks every two seconds.
// The truth is always what the server answers: nothing is read from the socket.
const QUICK = 2000;
const SLOW = 30000;
const form = document.querySelector("[data-signal]");
const lost = document.querySelector("[data-lost]");
const version = (signal) => signal.split(" ")[0];
const gone = new AbortController();
let socket, timer, left;

const ask = async () => {
  const answer = await fetch(`${location.pathname}/signal`, { signal: gone.signal });
  if (answer.status >= 500) throw answer; // a server that starts again is no reason to go
  return answer.ok ? (await answer.json()).signal : "ended";
};

// One tab after the other: the first one goes on and gets another cookie, the second one sees it.
const alone = (act) =>
  navigator.locks ? navigator.locks.request(`wait ${location.pathname}`, act) : act();

const goOn = async () => {
  if (version(await ask()) !== version(form.dataset.signal)) {
    dispatchEvent(new Event("flow:go"));
    return location.reload();
  }
  form.requestSubmit(form.querySelector("[value=continue]"));
  await new Promise(() => {}); // held until this page is gone
};

const look = async () => {
  clearTimeout(timer);
  try {
    const signal = await ask();
    lost.hidden = true;
    if (left) return;
    if (signal !== form.dataset.signal) {
      leave();
      return await alone(goOn);
    }
  } catch {
    if (gone.signal.aborted) return;
    left = lost.hidden = false;
    // the server is lost for now; the button works as soon as it is back
  }
  clearTimeout(timer);
  if (!left) timer = setTimeout(look, socket?.connected ? SLOW : QUICK);
};

const leave = () => {
  left = true;
  clearTimeout(timer);
  socket?.disconnect();
};

const listen = async () => {
  const { io } = await import(form.dataset.client);
  if (left) return;
  socket = io(form.dataset.sockets, {
    transports: ["websocket"],
    query: { flow: location.pathname.split("/").pop() },
    reconnectionDelayMax: 30000,
  });
  for (const event of ["connect", "disconnect", "flow:changed"]) socket.on(event, look);
};

// The number that proves that the phone is near lasts half a minute.
const renew = () => {
  const shown = document.querySelector("[data-renew]");
  if (shown) setTimeout(fetchNumber, 1000 * shown.dataset.renew);
};

const fetchNumber = async () => {
  try {
    const answer = await fetch(location.pathname);
    if (!answer.ok) throw answer;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const newer = page.querySelector("[data-renew]");
    if (newer) document.querySelector("[data-renew]").replaceWith(newer);
    if (newer) renew();
  } catch {
    setTimeout(fetchNumber, QUICK);
  }
};

if (form.dataset.signal.endsWith(" PENDING")) {
  look();
  if (form.dataset.sockets) listen().catch(() => {}); // no script, no socket: the page looks by itself
  renew();
  addEventListener("submit", () => { leave(); gone.abort(); }); // its answer brings another cookie
  addEventListener("pagehide", leave);
  addEventListener("visibilitychange", () => document.hidden || left || look());
}
