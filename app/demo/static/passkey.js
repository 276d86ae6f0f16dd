/* Makes a passkey when its owner presses the button; the bank's script does the rest. */
const place = document.querySelector("[data-passkey]");
const button = place.querySelector("[data-make]");
const failed = place.querySelector("[data-failed]");
const done = place.querySelector("[data-done]");
const WORDS = {
  InvalidStateError: "This authenticator has a passkey of this customer already.",
  NotAllowedError: "Nothing was made: it was cancelled, or took too long. Try again.",
};

function tell(words) {
  failed.textContent = words;
  failed.hidden = !words;
}

button.hidden = false; // without a script it could do nothing
button.addEventListener("click", async () => {
  button.disabled = true;
  tell("");
  try {
    const enrollment = JSON.parse(place.dataset.passkey);
    const result = await nevis.auth.fido2.register({ ...enrollment, authenticatorName: "Demo" });
    if (result.status !== "ok") throw new Error(result.errorMessage);
    done.hidden = false;
    button.hidden = true;
  } catch (error) {
    tell(WORDS[error.name] ?? error.message);
    button.disabled = false;
    button.focus();
  }
});
