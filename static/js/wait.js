// Wait for the phone. A socket says when to look again; without one the page looks every two seconds.
// The truth is always what the server answers: nothing is read from the socket.
const QUICK = 2000;
const SLOW = 30000;
const form = document.querySelector("[data-signal]");
const version = (signal) => signal.split(" ")[0];
let socket, timer, left;

const look = async () => {
  clearTimeout(timer);
  try {
    const answer = await fetch(`${location.pathname}/signal`);
    if (answer.status >= 500) throw answer; // a server that starts again is no reason to go
    const { signal } = answer.ok ? await answer.json() : { signal: "ended" };
    if (left) return;
    if (signal !== form.dataset.signal) {
      leave();
      if (version(signal) !== version(form.dataset.signal)) return location.reload();
      return form.requestSubmit(form.querySelector("[value=continue]"));
    }
  } catch {
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

if (form.dataset.signal.endsWith(" PENDING")) {
  look();
  if (form.dataset.sockets) listen().catch(() => {}); // no script, no socket: the page looks by itself
  const near = document.querySelector("[data-reload]"); // its number lasts half a minute
  if (near) setTimeout(() => left || location.reload(), 1000 * near.dataset.reload);
  addEventListener("submit", leave);
  addEventListener("pagehide", leave);
  addEventListener("visibilitychange", () => document.hidden || left || look());
}
