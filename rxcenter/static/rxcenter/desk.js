// The desk by keyboard. Every key presses a button or follows a link that is on the page, so nothing works by key only.
(() => {
  "use strict";
  const OFF = "rxKeysOff";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const say = (text) => { const live = one("#rx-live"); if (live) live.textContent = text; };
  const typing = (target) => target && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(target.type)));

  // ---- rows of the queue
  let row = -1;
  const rows = () => all("[data-row]").map((link) => ({ link, box: link.closest("tr, tbody, li") }));
  function toRow(n) {
    const found = rows();
    if (!found.length) return;
    found.forEach(({ box }) => box.classList.remove("rx-on"));
    row = Math.max(0, Math.min(found.length - 1, n));
    found[row].box.classList.add("rx-on");
    found[row].link.focus({ preventScroll: true });
    found[row].box.scrollIntoView({ block: "nearest" });
  }

  // ---- cards of a prescription
  const cards = () => all("[data-ask]");
  const chosen = (card) => one("input[type=radio]:checked", card);
  const monitor = () => one("#rx-monitoring");
  let marked = null;
  function mark(card, scroll = true) {
    if (marked) marked.classList.remove("rx-marked");
    marked = card || null;
    if (!marked) return;
    marked.classList.add("rx-marked");
    if (scroll) marked.scrollIntoView({ block: "nearest" });
  }
  function step(by) {
    const found = cards();
    if (!found.length) return;
    const next = found[Math.max(0, Math.min(found.length - 1, found.indexOf(marked) + by))];
    mark(next);
    next.focus({ preventScroll: true });
    say(one("h3", next).textContent);
  }
  function missing() {
    const names = cards().filter((card) => !chosen(card)).map((card) => card.dataset.name);
    const hint = one("#rx-missing");
    if (monitor() && !monitor().value.trim() && hint) names.push(hint.dataset.monitor);
    return names;
  }
  function refresh() {
    for (const card of cards()) {
      const pick = chosen(card);
      one("[data-chosen]", card).textContent = pick ? "✓ " + one("span", pick.closest("label")).textContent : "";
    }
    const names = missing(), hint = one("#rx-missing");
    for (const button of all("#rx-approve, [data-needs-all]")) {
      if (names.length) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
    if (hint && one("#rx-approve")) hint.textContent = names.length ? hint.dataset.words + " " + names.join(" · ") : "";
  }
  function toMissing() {
    const card = cards().find((c) => !chosen(c));
    if (card) { mark(card); card.focus({ preventScroll: true }); }
    else if (monitor() && !monitor().value.trim()) monitor().focus();
    say(one("#rx-missing").textContent);
  }
  function choose(digit) {
    const dialog = one("dialog[open]");
    const where = dialog || marked || cards()[0];
    const radio = where && one(`input[data-digit="${digit}"]`, where);
    if (!radio) return false;
    radio.checked = true;
    if (dialog) { radio.focus(); return true; }
    refresh();
    const next = cards().find((card) => !chosen(card));
    if (next) mark(next);
    else if (monitor() && !monitor().value.trim()) monitor().focus();
    say(one("#rx-missing").textContent || radio.closest("label").textContent.trim());
    return true;
  }
  function open(dialog) {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const first = one("input[type=radio]:checked", dialog) || one("input[type=radio]", dialog);
    if (first) first.focus();
  }

  // ---- keys
  function onKey(event) {
    if (event.key === "Enter" && event.ctrlKey && one("dialog[open] form[method=post]")) {
      one("dialog[open] form[method=post]").requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (event.key === "?") { event.preventDefault(); open(one("#rx-help")); return; }
    if (localStorage.getItem(OFF) === "1") return;
    if (/^[1-9]$/.test(event.key)) { if (choose(event.key)) event.preventDefault(); return; }
    if (one("dialog[open]")) return;
    if (keyOf(event.key)) event.preventDefault();
  }
  function keyOf(key) {
    const queue = rows().length > 0 && !one("[data-page=prescription]");
    if (key === "j") { queue ? toRow(row + 1) : step(1); return true; }
    if (key === "k") { queue ? toRow(row - 1) : step(-1); return true; }
    if (key === "o" && queue && row >= 0) { rows()[row].link.click(); return true; }
    if (key === "e") { document.body.classList.toggle("rx-no-evidence"); return true; }
    if (key === "p" && one("#rx-patient")) { one("#rx-patient").focus(); return true; }
    if (key === "/" && one("#searchbar")) { one("#searchbar").focus(); return true; }
    const button = one(`[data-key="${CSS.escape(key)}"]`);
    if (button) button.click();
    return Boolean(button);
  }

  // ---- time left: the server says until when, the page only draws
  function clock(seconds) {
    const sign = seconds < 0 ? "−" : "", s = Math.abs(Math.trunc(seconds)), two = (n) => String(n).padStart(2, "0");
    return s >= 6000 ? `${sign}${Math.floor(s / 3600)} h ${two(Math.floor(s % 3600 / 60))}` : `${sign}${Math.floor(s / 60)}:${two(s % 60)}`;
  }
  function tick() {
    for (const box of all("[data-due]")) {
      const left = (new Date(box.dataset.due) - Date.now()) / 1000, bar = one(".rx-bar i", box);
      one(".rx-left", box).textContent = clock(left);
      box.classList.toggle("rx-late", left < 0);
      box.classList.toggle("rx-soon", left >= 0 && left < 300);
      if (bar) bar.style.width = Math.max(0, Math.min(100, left * 100 / Number(box.dataset.whole))) + "%";
    }
  }

  // ---- search of ingredients while typing; without script the form's own button does it
  function searching(input) {
    const box = document.getElementById(input.dataset.results);
    let timer = 0;
    const draw = (found) => {
      all("label:not(:has(:checked)), p", box).forEach((old) => old.remove());
      const kept = new Set(all("input", box).map((i) => i.value));
      for (const item of found.filter((f) => !kept.has(f.key))) {
        const label = document.createElement("label"), check = document.createElement("input"), key = document.createElement("span");
        Object.assign(check, { type: "checkbox", name: "ingredients", value: item.key });
        Object.assign(key, { className: "rx-muted", textContent: `${item.key} ${item.atc}` });
        label.append(check, ` ${item.zh} `, key);
        box.append(label);
      }
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const answer = await fetch(input.dataset.search + "?q=" + encodeURIComponent(input.value));
        if (answer.ok) draw((await answer.json()).found);
      }, 200);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.body.classList.add("rx-scripted");
    document.addEventListener("keydown", onKey);
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.getAttribute("aria-disabled") === "true") { event.preventDefault(); toMissing(); }
      if (button.dataset.opens) open(document.getElementById(button.dataset.opens));
      if ("closes" in button.dataset) button.closest("dialog").close();
    }, true);
    document.addEventListener("focusin", (event) => {
      const card = event.target.closest && event.target.closest("[data-ask]");
      if (card && card !== marked) mark(card, false);
    });
    document.addEventListener("change", (event) => { if (event.target.closest("#rx-decide")) refresh(); });
    document.addEventListener("input", (event) => { if (event.target === monitor()) refresh(); });
    document.addEventListener("submit", (event) => {  // a second click while the first is on its way
      if (event.target.dataset.sent) event.preventDefault();
      event.target.dataset.sent = event.target.method === "post" ? "1" : "";
    });
    window.addEventListener("pageshow", () => all("form").forEach((form) => { form.dataset.sent = ""; }));
    const keys = one("#rx-keys-on");
    const show = () => document.body.classList.toggle("rx-keys-off", localStorage.getItem(OFF) === "1");
    if (keys) {
      keys.checked = localStorage.getItem(OFF) !== "1";
      keys.addEventListener("change", () => { localStorage.setItem(OFF, keys.checked ? "0" : "1"); show(); });
    }
    show();
    all("[data-search]").forEach(searching);
    const first = cards().find((card) => !chosen(card)) || cards()[0];
    if (first) mark(first, false);
    refresh();
    if (one("[data-due]")) { tick(); setInterval(tick, 1000); }
  });
})();
