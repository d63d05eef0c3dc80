// Keys and the panel. Every act works without this file too: links lead to pages, forms are sent as forms.
"use strict";
(() => {
  const $ = (selector, within) => (within || document).querySelector(selector);
  const rows = () => [...document.querySelectorAll("#rows > .row")];
  const current = () => $("#rows > .row.current");
  const panel = () => $("#panel");
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  function go(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    all.forEach((row) => row.classList.toggle("current", row === next));
    $("a.open", next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    if (panel() && panel().classList.contains("shown")) $("a.open", next).click();
    const more = $("#rows > .more a");
    if (more && all.indexOf(next) > all.length - 5) more.click();
  }

  function close() {
    const shown = panel();
    if (!shown || !shown.classList.contains("shown")) return;
    shown.classList.remove("shown");
    document.body.classList.remove("with-panel");
    const row = current();
    if (row) $("a.open", row).focus({ preventScroll: true });
  }

  function chosen() {
    const bar = $("#several");
    if (!bar) return;
    const count = document.querySelectorAll(".pick:checked").length;
    bar.hidden = !count;
    const said = $("[data-chosen]", bar);
    if (said) said.textContent = String(count);
  }

  const KEYS = {
    j: () => go(1),
    k: () => go(-1),
    o: () => current() && $("a.open", current()).click(),
    x: () => {
      const box = current() && $(".pick", current());
      if (box) { box.checked = !box.checked; chosen(); }
    },
    e: () => {
      const form = $(".correct");
      if (form) { form.open = true; $("select, input:not([type=hidden])", form).focus(); }
    },
    t: () => {
      const form = $(".triage");
      if (form) { form.open = true; $("select", form).focus(); }
    },
    "/": () => ($("#q") || $("#find"))?.focus(),
    "?": () => $("#keys").showModal(),
  };

  // The question behind the one that was answered or skipped.
  function ask(before) {
    let next = before.nextElementSibling;
    while (next && !$("form", next)) next = next.nextElementSibling;
    document.querySelectorAll(".question").forEach((one) => one.classList.toggle("current", one === next));
    if (next) { next.scrollIntoView({ block: "center" }); $("button.main", next).focus({ preventScroll: true }); }
    else $(".questions + p a")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !$("dialog[open]")) close();
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || $("dialog[open]")) return;
    const question = $(".question.current");
    if (question && event.key === "s") { event.preventDefault(); ask(question); return; }
    const answer = question && $(`button[data-key="${CSS.escape(event.key)}"]`, question);
    if (answer) { event.preventDefault(); answer.click(); return; }
    const act = KEYS[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-open]");
    if (opens) document.getElementById(opens.dataset.open).showModal();
    if (event.target.closest("[data-close=panel]")) close();
    const link = event.target.closest("#rows a.open");
    if (link) rows().forEach((row) => row.classList.toggle("current", row.contains(link)));
  });

  document.addEventListener("change", (event) => { if (event.target.matches(".pick")) chosen(); });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.matches(".question") && !$(".question.current")) {
      const answered = [...document.querySelectorAll(".question.answered")].at(-1);
      if (answered) ask(answered);
    }
    if (event.detail.target.id !== "panel") return;
    panel().classList.add("shown");
    document.body.classList.add("with-panel");
    panel().scrollTop = 0;
    if (event.detail.requestConfig && event.detail.requestConfig.verb === "get") panel().focus({ preventScroll: true });
  });

  // What the server refuses is shown where it was asked, with its reason.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status >= 400 && event.detail.xhr.getResponseHeader("content-type").startsWith("text/html")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // A stretch of the time chart that is drawn over opens the list of it. Without this file each bar is a link,
  // and the fields beside the search take any time.
  function brush(chart) {
    const edges = chart.dataset.edges.split(" ");
    const shade = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    let from = null, first = 0, last = 0;
    const bar = (event) => {
      const box = chart.getBoundingClientRect();
      const at = Math.floor((event.clientX - box.left) / box.width * (edges.length - 1));
      return Math.min(edges.length - 2, Math.max(0, at));
    };
    const end = () => { from = null; shade.remove(); };
    shade.setAttribute("class", "brush");
    shade.setAttribute("y", "0");
    shade.setAttribute("height", "48");
    chart.addEventListener("dragstart", (event) => event.preventDefault());
    chart.addEventListener("pointerdown", (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      from = event.clientX;
      first = last = bar(event);
    });
    chart.addEventListener("pointermove", (event) => {
      if (from === null || (!shade.isConnected && Math.abs(event.clientX - from) < 5)) return;
      if (!shade.isConnected) { chart.setPointerCapture(event.pointerId); chart.append(shade); }
      last = bar(event);
      shade.setAttribute("x", String(10 * Math.min(first, last)));
      shade.setAttribute("width", String(10 * (Math.abs(last - first) + 1)));
    });
    chart.addEventListener("pointercancel", end);
    chart.addEventListener("pointerup", () => {
      const drawn = shade.isConnected;
      end();
      if (!drawn) return;
      const address = new URL(chart.dataset.brush, window.location.href);
      address.searchParams.set("since", edges[Math.min(first, last)]);
      address.searchParams.set("until", edges[Math.max(first, last) + 1]);
      chart.addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); }, { capture: true, once: true });
      window.location.assign(address);
    });
  }

  // How far a crawl is. Without this file the page says so whenever it is loaded.
  function follow(box) {
    const stream = new EventSource(box.dataset.live);
    const tell = (event) => {
      for (const [name, value] of Object.entries(JSON.parse(event.data))) {
        const place = $(`[data-told="${name}"]`, box);
        if (place) place.textContent = String(value);
      }
    };
    stream.addEventListener("message", tell);
    stream.addEventListener("over", (event) => { tell(event); stream.close(); window.location.reload(); });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const box = $("[data-live]");
    if (box) follow(box);
    document.querySelectorAll("[data-brush]").forEach(brush);
    const again = $("[data-again]");
    if (again) setTimeout(() => window.location.reload(), 1000 * Number(again.dataset.again));
    // What is chosen is in sight, where its strip is wider than the window.
    document.querySelectorAll("nav [aria-current]").forEach((place) => {
      const strip = place.parentElement, middle = (strip.clientWidth - place.offsetWidth) / 2;
      strip.scrollLeft += place.getBoundingClientRect().left - strip.getBoundingClientRect().left - middle;
    });
    const facets = $("#facets");
    if (facets && window.matchMedia("(min-width: 68rem)").matches) facets.open = true;
    chosen();
  });
})();
