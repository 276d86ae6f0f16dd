// Take digits alone into the code field, and clean what is pasted: "1234 5678", or the whole message.
for (const input of document.querySelectorAll("[data-digits]")) {
  const digits = Number(input.dataset.digits);
  const whole = new RegExp(`(?<!\\d)\\d{${digits}}(?!\\d)`);
  input.addEventListener("beforeinput", (event) => {
    if (event.inputType === "insertText" && /\D/.test(event.data ?? "")) event.preventDefault();
  });
  input.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text");
    const code = pasted.match(whole)?.[0] ?? pasted.replace(/\D/g, "").slice(0, input.maxLength);
    if (!code) return;
    event.preventDefault();
    input.value = code;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
