// Let a new code be asked for only when the server would send one; until then count down.
const live = document.querySelector("[data-live]");

for (const button of document.querySelectorAll("[data-resend]")) {
  const countdown = button.querySelector("[data-countdown]");
  const readyAt = Date.now() + Number(button.dataset.resend) * 1000;
  const left = () => Math.ceil((readyAt - Date.now()) / 1000);

  const tick = () => {
    countdown.textContent = countdown.dataset.countdown.replace("{}", left());
    if (left() > 0) return;
    clearInterval(timer);
    button.disabled = false;
    countdown.hidden = true;
    live.textContent = button.dataset.ready; // said once, not each second
  };

  if (left() <= 0) continue;
  button.disabled = true;
  countdown.hidden = false;
  const timer = setInterval(tick, 1000);
  tick();
}
