// Take digits alone into the code field, and clean what is pasted: "1234 5678", or the whole message.
// With data-groups the digits are shown in groups, and the main button waits until all are there.
const grouped = (digits, size) => digits.replace(new RegExp(`(\\d{${size}})(?=\\d)`, "g"), "$1 ");

for (const input of document.querySelectorAll("[data-digits]")) {
  const digits = Number(input.dataset.digits);
  const size = Number(input.dataset.groups ?? 0);
  const longest = size ? digits : input.maxLength;
  const whole = new RegExp(`(?<!\\d)\\d{${digits}}(?!\\d)`);
  const button = size ? input.form.querySelector("[value=continue]") : null;
  const foreign = size ? /[^\d\s-]/ : /\D/;
  const typed = () => input.value.replace(/\D/g, "").slice(0, longest);
  const show = () => {
    if (!size) return;
    const before = input.value.slice(0, input.selectionStart).replace(/\D/g, "").length;
    input.value = grouped(typed(), size);
    const place = grouped(typed().slice(0, before), size).length;
    input.setSelectionRange(place, place);
    button.disabled = typed().length !== digits;
  };
  input.addEventListener("beforeinput", (event) => {
    if (event.inputType === "insertText" && foreign.test(event.data ?? "")) event.preventDefault();
  });
  input.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text");
    const plain = size ? pasted.replace(/(?<=\d)[\s-](?=\d)/g, "") : pasted;
    const code = plain.match(whole)?.[0] ?? plain.replace(/\D/g, "").slice(0, longest);
    if (!code) return;
    event.preventDefault();
    input.value = code;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  input.addEventListener("input", show);
  show();
}
