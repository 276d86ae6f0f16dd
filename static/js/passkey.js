// Ask for a passkey when the main button is pressed, and post what it signed with the form.
const form = document.getElementById("step");
const signed = form.elements.assertion;
const live = document.querySelector("[data-live]");
let asking = null;

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const sign = async (signal) => {
  const options = JSON.parse(form.dataset.options);
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: options.allowCredentials.map((each) => ({ ...each, id: bytes(each.id) })),
  };
  const { id, type, response } = await navigator.credentials.get({ publicKey, signal });
  const told = {};
  for (const name of ["clientDataJSON", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) told[name] = text(response[name]);
  }
  return JSON.stringify({ id, rawId: id, type, response: told });
};

const tell = (what) => {
  for (const each of form.querySelectorAll("[data-failed]")) {
    each.hidden = each.dataset.failed !== what;
  }
};

const ask = async (button) => {
  asking = new AbortController();
  tell(null);
  live.textContent = form.querySelector("[data-asked]").textContent;
  try {
    signed.value = await sign(asking.signal);
    form.requestSubmit(button);
  } catch (error) {
    if (error.name === "AbortError") return; // another button was pressed
    tell(error.name === "NotAllowedError" ? "refused" : "unusable");
    button.focus();
  } finally {
    asking = null;
    live.textContent = "";
  }
};

form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "continue") {
    asking?.abort();
  } else if (!signed.value) {
    event.preventDefault();
    event.stopPropagation(); // nothing goes to the server yet
    if (!asking) ask(event.submitter);
  }
});
