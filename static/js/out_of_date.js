// A page that comes back from the browser's memory may be past: ask the server for the present one.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  dispatchEvent(new Event("flow:go"));
  location.reload();
});
