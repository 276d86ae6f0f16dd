// Wait for the phone: ask every two seconds whether there is something new, and then go on.
const PAUSE = 2000;
const form = document.querySelector("[data-signal]");
const version = (signal) => signal.split(" ")[0];

const ask = async () => {
  try {
    const answer = await fetch(`${location.pathname}/signal`);
    const { signal } = answer.ok ? await answer.json() : { signal: "ended" };
    if (version(signal) !== version(form.dataset.signal)) return location.reload();
    if (signal !== form.dataset.signal) return form.requestSubmit(form.querySelector("[value=continue]"));
  } catch {
    // the connection is lost for now; the button works as soon as it is back
  }
  setTimeout(ask, PAUSE);
};

if (form.dataset.signal.endsWith(" PENDING")) ask();
