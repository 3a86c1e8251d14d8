// The counter by keyboard and scanner, on top of the desk's keys. A scanner types fast and ends with Enter.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const off = () => localStorage.getItem("rxKeysOff") === "1";
  const typing = (t) => t && (/^(TEXTAREA|SELECT)$/.test(t.tagName) || (t.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(t.type)));
  const scanField = () => one("#rc-scan") || one("input#rc-code:not([type=hidden])");
  const begun = performance.now();

  // ---- time left: seconds by the server's clock, counted on from when the page came
  function tick() {
    const passed = (performance.now() - begun) / 1000, two = (n) => String(n).padStart(2, "0");
    for (const box of all("[data-left]")) {
      const left = Number(box.dataset.left) - passed, s = Math.abs(Math.trunc(left));
      one("[data-clock]", box).textContent = (left < 0 ? "−" : "") +
        (s >= 6000 ? `${Math.floor(s / 3600)} h ${two(Math.floor(s % 3600 / 60))}` : `${Math.floor(s / 60)}:${two(s % 60)}`);
      box.classList.toggle("rc-late", left < 0);
      box.classList.toggle("rc-soon", left >= 0 && left < 300);
    }
  }

  // ---- the hand-over form
  const fields = (form) => all("input:not([type=hidden]), select", form).filter((f) => f.offsetParent !== null && !f.disabled);
  function onwards(field) {
    const list = fields(field.form), next = list[list.indexOf(field) + 1];
    if (next) { next.focus(); if (next.select) next.select(); }
  }
  function send() {
    const button = one("#rc-send");
    if (button && !button.disabled) button.click();
  }
  function enterIn(field) {
    if (field.id === "rc-code" && field.form.id === "rc-handover" && /^\s*RX1\s*[;;]/i.test(field.value.normalize("NFKC"))) {
      one("#rc-handover").focus(); // a scan is not yet a decision: Ctrl+Enter hands over
      if (!one("#rc-pharmacist").value.trim()) one("#rc-pharmacist").focus();
      return true;
    }
    if ("many" in field.dataset && field.value.trim() && !field.value.endsWith(" ")) { field.value += " "; return true; }
    if ("many" in field.dataset || "next" in field.dataset) { onwards(field); return true; }
    return false;
  }
  function rest(field) { // less than is left: it is owed, unless somebody says otherwise
    const line = (pack) => one("input[name^=line-]", pack).value, mine = line(field.closest(".rc-pack"));
    const packs = all(".rc-pack").filter((pack) => line(pack) === mine), choice = one(".rc-rest select", packs[0]);
    if (!choice || !field.dataset.leftOver) return;
    const sum = packs.reduce((total, pack) => total + Number(one(".rc-qty input", pack).value || 0), 0);
    if (sum < Number(field.dataset.leftOver)) { if (!choice.value) choice.value = "owed"; }
    else if (choice.value === "owed") choice.value = "";
  }
  function another(button) { // one more batch of the same line
    const pack = button.closest(".rc-pack"), copy = pack.cloneNode(true);
    const n = Math.max(...all(".rc-pack").map((p) => Number(p.dataset.pack))) + 1;
    copy.dataset.pack = n;
    all(".rc-drug, .rc-rest, .rc-until, .rc-more, .rc-said", copy).forEach((gone) => gone.remove());
    for (const field of all("[name]", copy)) {
      field.name = field.name.replace(/-\d+$/, `-${n}`);
      if (field.id) field.id = field.name;
      if (field.type !== "hidden") field.value = "";
    }
    all("label", copy).forEach((label) => { label.htmlFor = label.htmlFor.replace(/-\d+$/, `-${n}`); });
    pack.after(copy);
    one(".rc-qty input", copy).focus();
  }

  // ---- keys
  function onKey(event) {
    const target = event.target, dialog = one("dialog[open]");
    if (event.key === "Enter" && event.ctrlKey && !dialog && one("#rc-handover")) { event.preventDefault(); send(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog) return;
    if (typing(target)) {
      if (event.key === "Escape") { target.blur(); event.stopPropagation(); firstRow(); return; }
      if (event.key === "Enter" && target.form && target.form.id === "rc-handover" && enterIn(target)) event.preventDefault();
      return;
    }
    if (event.key === "R" && scanField()) { scanField().value = ""; scanField().focus(); return; } // a scan begins: RX1;…
    if (off()) return;
    if (event.key === "/" && scanField()) { event.preventDefault(); scanField().focus(); scanField().select(); return; }
    const button = one(`.rx-on [data-rowkey="${CSS.escape(event.key)}"]`);
    if (button) { event.preventDefault(); event.stopImmediatePropagation(); button.click(); }
  }
  function firstRow() { if (!one(".rx-on") && one("[data-row]")) document.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true })); }

  document.addEventListener("DOMContentLoaded", () => {
    window.addEventListener("keydown", onKey, true);
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.more) another(button);
      const dialog = button.dataset.action && document.getElementById(button.dataset.opens);
      if (!dialog) return;
      one("form", dialog).action = button.dataset.action;
      one("[data-name]", dialog).textContent = button.dataset.named;
      const value = one("[data-value]", dialog);
      if (value) value.value = button.dataset.value;
      all("input[type=radio]", dialog).forEach((radio) => { radio.checked = false; });
    }, true);
    document.addEventListener("input", (event) => { if (event.target.closest(".rc-qty")) rest(event.target); });
    const shown = one("dialog[data-shown]"), first = one("#rc-handover [aria-invalid=true]") || one("[data-focus]");
    if (shown) shown.showModal();
    else if (first) { first.focus(); if (first.select) first.select(); }
    const marked = one(".rx-on");
    if (marked) marked.scrollIntoView({ block: "nearest" });
    tick();
    setInterval(tick, 1000);
  });
})();
