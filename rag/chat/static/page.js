// What the page does by itself: draws what the server sends, sends what is clicked, opens and closes the source
// panel, shows quotations, watches whether the server is there. No text is written here: all come from the server.
(() => {
  "use strict";

  const POLL_MS = 3000;

  // --- language ----------------------------------------------------------------------------------------------------

  function choose(code) {
    document.cookie = `rag_language=${code}; path=/; max-age=31536000; SameSite=Strict`;
    location.reload();
  }

  function speak(root) {
    document.documentElement.lang = root.querySelector("[data-language][aria-current]")?.dataset.language || "fr";
    document.title = root.querySelector("h1").textContent;
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  // Changes `now` into `next` in place, so that focus, open details, scroll positions and what a screen reader has
  // read survive. What the reader changed in the page (open, hidden, typed) is not taken back.
  const OWN = new Set(["open", "aria-expanded"]);

  function morph(now, next) {
    const old = [...now.childNodes];
    [...next.childNodes].forEach((node, i) => {
      const there = old[i];
      if (!there) now.append(node.cloneNode(true));
      else if (there.nodeType !== node.nodeType || there.nodeName !== node.nodeName || there.id !== node.id)
        there.replaceWith(node.cloneNode(true));
      else if (node.nodeType === Node.TEXT_NODE) {
        if (there.data !== node.data) there.data = node.data;
      } else morphElement(there, node);
    });
    old.slice(next.childNodes.length).forEach((node) => node.remove());
  }

  function morphElement(now, next) {
    for (const { name } of [...now.attributes])
      if (!next.hasAttribute(name) && !OWN.has(name)) now.removeAttribute(name);
    for (const { name, value } of next.attributes)
      if (!OWN.has(name) && now.getAttribute(name) !== value) now.setAttribute(name, value);
    if (now instanceof HTMLInputElement && now !== document.activeElement) {
      now.value = next.getAttribute("value") ?? (now.type === "checkbox" ? "on" : "");
      now.checked = next.hasAttribute("checked");
    }
    morph(now, next);
  }

  function draw(root, html) {
    const next = document.createElement("template");
    next.innerHTML = html || "";
    morph(root, next.content);
  }

  // --- what a part of the page sends -------------------------------------------------------------------------------

  const triggers = {}; // by event

  window.ragMount = (element, trigger, props, watch, events) => {
    const root = document.createElement("div");
    root.className = "rag";
    element.replaceChildren(root);
    events.forEach((name) => (triggers[name] = trigger));
    const part = element.closest("[id^='rag-']")?.id.slice(4);
    const show = () => {
      if (part === "outbox") return receive(props.value);
      const before = root.querySelector(".exchange")?.id;
      draw(root, props.value);
      if (part === "header") speak(root);
      if (part === "live") follow(root, before);
      if (part === "panel") opened(root);
    };
    watch("value", show);
    show();
  };

  const send = (name, data) => triggers[name]?.(name, data);

  function follow(root, before) {
    const exchange = root.querySelector(".exchange");
    document.body.classList.toggle("rag-busy", !!exchange?.classList.contains("busy"));
    if (exchange?.classList.contains("busy")) document.body.classList.remove("rag-cut");
    if (exchange?.classList.contains("busy") && exchange.id !== before)
      exchange.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  }

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  document.addEventListener("click", (event) => {
    const at = event.target.closest?.(
      ".cite[href], [data-of], [data-source]:not(li), [data-event], [data-close], [data-whole], [data-language], [data-side]"
    );
    if (!at) return;
    if (at.matches("a.cite, a.open, a.title")) {
      event.preventDefault();
      openSource(at);
    } else if (at.matches("[data-close]")) closeSource();
    else if (at.matches("[data-whole]")) unfold(at);
    else if (at.matches("[data-language]")) choose(at.dataset.language);
    else if (at.matches("[data-side]")) side(!document.body.classList.contains("rag-side"));
    else if (at.matches("button[data-event]")) {
      send(at.dataset.event, { ...at.dataset, once: Date.now() });
      if (innerWidth < 900 && at.matches("#rag-history .title")) side(false);
      if (at.dataset.event === "edit") box()?.focus();
    }
  });

  document.addEventListener("change", (event) => {
    const at = event.target;
    if (at.matches?.("input[data-event]")) send(at.dataset.event, { ...at.dataset, checked: at.checked });
    const form = at.closest?.("form.scope");
    if (!form) return;
    const fields = new FormData(form);
    send("scope", { since: fields.get("since"), until: fields.get("until"), sources: fields.getAll("sources") });
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches?.("form[data-event]")) return;
    event.preventDefault();
    if (!form.matches(".scope")) send(form.dataset.event, { ...form.dataset, remark: new FormData(form).get("remark") });
  });

  function side(open) {
    document.body.classList.toggle("rag-side", open);
    document.querySelector("[data-side]")?.setAttribute("aria-expanded", open);
  }

  // --- the source panel --------------------------------------------------------------------------------------------

  let opener = null;

  function openSource(link) {
    const item = link.matches(".cite") ? document.getElementById(link.hash.slice(1)) : link.dataset.of
      ? document.getElementById(link.dataset.of) : link;
    if (!item) return;
    opener = link;
    hideTip();
    const { document: name, start, end, marker, title, origin, date } = item.dataset;
    const quote = (item.querySelector("blockquote") || item.parentElement.querySelector(":scope > p"))?.textContent;
    const exchange = item.closest(".exchange");
    const others = [...(exchange?.querySelectorAll(".sources li") || [])]
      .filter((one) => one !== item && one.dataset.document === name)
      .map(({ dataset }) => ({ start: dataset.start, end: dataset.end, marker: dataset.marker }));
    send("source", { document: name, start, end, marker, title, origin, date, quote: quote || "", others, once: Date.now() });
  }

  function opened(root) {
    const source = root.querySelector(".source");
    document.body.classList.toggle("rag-source", !!source);
    if (!source) return;
    if (innerWidth < 900) side(false);
    const mark = source.querySelector("mark:not(.other)");
    requestAnimationFrame(() => {
      (mark || source).focus({ preventScroll: true });
      reveal(source);
    });
  }

  // Scrolls the panel, and nothing around it, until the cited sentence is a third from the top.
  function reveal(source) {
    const panel = source.closest("#rag-panel");
    const mark = source.querySelector("mark:not(.other)");
    const from = mark ? mark.getBoundingClientRect().top - panel.getBoundingClientRect().top : 0;
    panel.scrollTop = mark ? panel.scrollTop + from - panel.clientHeight / 3 : 0;
  }

  function closeSource() {
    if (!document.body.classList.contains("rag-source")) return;
    document.body.classList.remove("rag-source");
    const there = opener?.isConnected ? opener : box();
    there?.focus();
  }

  function unfold(button) {
    const source = button.closest(".source");
    const whole = source.classList.toggle("whole");
    button.setAttribute("aria-expanded", whole);
    reveal(source);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (tip && !tip.hidden) hideTip();
    else if (document.body.classList.contains("rag-source")) closeSource();
    else if (document.body.classList.contains("rag-side")) side(false);
  });

  // --- the quotation of a citation, on pointing and on focus -------------------------------------------------------

  let tip = null;
  let leaving = 0;

  function showTip(link) {
    const item = document.getElementById(link.hash.slice(1));
    if (!item) return;
    clearTimeout(leaving);
    if (!tip) {
      tip = document.createElement("div");
      tip.className = "rag-tip";
      tip.setAttribute("aria-hidden", "true"); // the link is described by the list of sources
      tip.addEventListener("pointerenter", () => clearTimeout(leaving));
      tip.addEventListener("pointerleave", leave);
      document.body.append(tip);
    }
    const quote = document.createElement("q");
    quote.textContent = item.querySelector("blockquote").textContent;
    const about = document.createElement("span");
    about.textContent = `${item.dataset.title} · ${item.querySelector(".origin").textContent}`;
    tip.replaceChildren(quote, about);
    tip.hidden = false;
    const at = link.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left - 40), innerWidth - tip.offsetWidth - 8);
    const above = at.top - tip.offsetHeight - 6;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(above > 0 ? above : at.bottom + 6) + scrollY}px`;
  }

  const hideTip = () => tip && (tip.hidden = true);
  const leave = () => (leaving = setTimeout(hideTip, 150));
  const onCite = (action) => (event) => {
    const link = event.target.closest?.("a.cite[href]");
    if (link) action(link);
  };
  document.addEventListener("pointerover", onCite(showTip));
  document.addEventListener("pointerout", onCite(leave));
  document.addEventListener("focusin", onCite((link) => link.matches(":focus-visible") && showTip(link)));
  document.addEventListener("focusout", onCite(hideTip));

  // --- what the server hands over: a text for the clipboard, a file to save ----------------------------------------

  function receive(parcel) {
    if (!parcel) return;
    if (parcel.copy) copy(parcel.copy);
    if (parcel.file) save(parcel);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea"); // where the page has no right to the clipboard
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  function save({ file, type, text }) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // --- is the server there? ----------------------------------------------------------------------------------------

  // Gradio's client takes a connection that fails for the end of the page: it loads the page anew once the server is
  // back. So that the page can go on as it is, no failure reaches the client as such. What is sent in vain is refused
  // as by a busy server, the stream of answers ends as an event that failed, and the stream by which the server sees
  // that the page is still open begins again.
  const POSTED = /\/gradio_api\/(?:queue\/join|run|cancel|reset)/;
  const FAILED = ['{"msg": "unexpected_error", "success": false}', '{"msg": "close_stream"}'];
  const ENDED = /"msg": ?"close_stream"/;
  const fetchIt = window.fetch;

  window.fetch = (resource, options) => {
    const { pathname } = new URL(resource.url ?? resource, location.href);
    if (pathname.endsWith("/queue/data")) return streamed(resource, options, fail);
    if (pathname.includes("/gradio_api/heartbeat/")) return streamed(resource, options, beginAgain);
    const sent = fetchIt(resource, options);
    return POSTED.test(pathname) ? sent.catch(refused) : sent;
  };

  function refused() {
    gone();
    return new Response("{}", { status: 503, headers: { "Content-Type": "application/json" } });
  }

  // A response that always begins well; `broken` says how it goes on where the server's does not.
  function streamed(resource, options, broken) {
    const left = new AbortController();
    options?.signal?.addEventListener("abort", () => left.abort());
    const begin = async (sink) => {
      const whole = await passed(resource, { ...options, signal: left.signal }, sink);
      if (!whole && !left.signal.aborted) await broken(sink, begin);
    };
    const start = (sink) => void begin(sink).then(() => !left.signal.aborted && sink.close());
    const body = new ReadableStream({ start, cancel: () => left.abort() });
    return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
  }

  // Hands on what comes; whether it came to its end.
  async function passed(resource, options, sink) {
    const text = new TextDecoder();
    let ended = false;
    try {
      const response = await fetchIt(resource, options);
      const reader = response.ok && response.body.getReader();
      for (let part = reader && (await reader.read()); part && !part.done; part = await reader.read()) {
        ended = ENDED.test(text.decode(part.value, { stream: true }));
        sink.enqueue(part.value);
      }
    } catch {
      // The server is away, or whoever read it has left.
    }
    return ended;
  }

  function fail(sink) {
    cut = document.querySelector(".exchange.busy .question")?.textContent ?? cut;
    gone();
    FAILED.forEach((message) => sink.enqueue(new TextEncoder().encode(`data: ${message}\n\n`)));
  }

  async function beginAgain(sink, begin) {
    gone();
    while (away) await new Promise((done) => setTimeout(done, POLL_MS));
    await begin(sink);
  }

  // The question that was cut off and what was being typed stand in the box again, also where the page has to be loaded
  // anew.
  const TYPED = "rag.typed";
  const CUT = "rag.cut";
  let away = false;
  let cut = null;

  function gone() {
    away = true;
    document.body.classList.add("rag-away");
  }

  async function poll() {
    try {
      await fetchIt("healthz", { cache: "no-store" });
      if (away) await back();
      else send("refresh", {});
    } catch {
      gone();
    }
    setTimeout(poll, POLL_MS);
  }

  // Another version of the server, or one that wants a new login, needs a new page.
  async function back() {
    const config = await fetchIt("config", { cache: "no-store" });
    if (!config.ok || parts(await config.json()) !== parts(window.gradio_config)) return location.reload();
    away = false;
    document.body.classList.remove("rag-away");
    send("refresh", { anew: true });
    resume(box().value, cut);
    cut = null;
  }

  const parts = ({ version, head, components, dependencies }) =>
    [version, head, components.length, dependencies.length].join();

  const box = () => document.querySelector("#rag-question textarea");

  addEventListener("pagehide", () => {
    sessionStorage.setItem(TYPED, box()?.value || "");
    if (cut !== null) sessionStorage.setItem(CUT, cut);
  });

  function resume(typed, question) {
    document.body.classList.toggle("rag-cut", question !== null);
    box().value = [...new Set([question, typed])].filter(Boolean).join("\n");
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  function begin() {
    if (!box()) return requestAnimationFrame(begin);
    resume(sessionStorage.getItem(TYPED), sessionStorage.getItem(CUT));
    sessionStorage.removeItem(CUT);
    setTimeout(poll, POLL_MS);
  }

  begin();
})();
