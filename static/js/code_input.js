// Clean what is pasted into the code field: "1234 5678", or the whole text message.
for (const input of document.querySelectorAll("[data-digits]")) {
  const digits = Number(input.dataset.digits);
  const whole = new RegExp(`(?<!\\d)\\d{${digits}}(?!\\d)`);
  input.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text");
    const code = pasted.match(whole)?.[0] ?? pasted.replace(/\D/g, "").slice(0, input.maxLength);
    if (!code) return;
    event.preventDefault();
    input.value = code;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
