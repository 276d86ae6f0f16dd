// Move the focus to what failed; `autofocus` alone does not reach it in every browser.
document.getElementById("problem")?.focus();
