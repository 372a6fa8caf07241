// "Request and answer": the last calls to the service as they went over the wire.
import { h } from "./dom.js";

const KEPT = 8;

export class ExchangeLog {
  /** @param {HTMLElement} place */
  constructor(place) {
    Object.assign(this, { place, exchanges: [] });
    this.draw();
  }

  add(exchange) {
    this.exchanges.unshift({ ...exchange, at: new Date() });
    this.exchanges.length = Math.min(this.exchanges.length, KEPT);
    this.draw();
  }

  draw() {
    if (!this.exchanges.length) {
      this.place.replaceChildren(h("p", { class: "hint", text: "No call yet." }));
      return;
    }
    const shown = h("div");
    const choice = h(
      "select",
      { id: "call", oninput: () => shown.replaceChildren(...drawExchange(this.exchanges[Number(choice.value)])) },
      ...this.exchanges.map((one, index) => h("option", { value: String(index), text: title(one) })),
    );
    shown.append(...drawExchange(this.exchanges[0]));
    this.place.replaceChildren(h("div", { class: "field" }, h("label", { for: "call", text: "Call" }), choice), shown);
  }
}

function title({ at, hook, service, status, ms }) {
  return `${at.toLocaleTimeString("sv")}  ${hook}  ${service}  ${status ? `HTTP ${status}` : "no answer"}  ${Math.round(ms)} ms`;
}

function drawExchange({ method, path, request, status, answer, ms, prefetchMs }) {
  const gathered = prefetchMs === undefined ? "" : ` Prefetch from the FHIR endpoint took ${Math.round(prefetchMs)} ms before it.`;
  const size = request ? ` Request ${(JSON.stringify(request).length / 1024).toFixed(1)} KB.` : "";
  return [
    h("p", { text: `${method} ${path}: ${status ? `HTTP ${status}` : "no answer"} after ${Math.round(ms)} ms.${gathered}${size}` }),
    h("div", { class: "json" }, block("Request", request), block("Answer", answer)),
  ];
}

function block(name, body) {
  const text = body === null || body === undefined ? "(empty)" : JSON.stringify(body, null, 2);
  return h("section", { "aria-label": name }, h("h3", { text: name }), h("pre", { tabindex: "0", role: "region", "aria-label": `${name}, JSON`, text }));
}
