// The panel with the cards: shows what the services answered, keeps silence, cards and failure apart.
import { byId, h } from "./dom.js";
import { byUrgency, cardInWords, drawCard, markAnswered, needsAnswer } from "./cards.js";

export class AdvicePanel {
  /** @param {{accept: Function, override: Function, launch: Function}} handlers The first two get `{card, service}` and what the
   *   user chose, `launch` a link to a SMART app. */
  constructor(handlers) {
    this.handlers = handlers;
    this.open = new Map();
  }

  /** Say what was done to the order, and move there: the button that was pressed is gone. Without arguments, forget it. */
  changed(text = "", label = "", onPress = null) {
    byId("change").replaceChildren(...(text ? [box(text, label, onPress)] : []));
    byId("change").firstChild?.focus();
  }

  /** Nothing to show yet. */
  clear(text = "") {
    this.open.clear();
    byId("cards").replaceChildren();
    byId("problems").replaceChildren();
    this.notice();
    this.say(text);
  }

  busy(waiting) {
    byId("cards").setAttribute("aria-busy", String(waiting));
  }

  /**
   * Show the answers of all services of one hook.
   * @param {object[]} exchanges As `call` of hooks.js returns them.
   * @param {string} nothing The sentence for an answer without cards.
   */
  show(exchanges, nothing) {
    const failed = exchanges.filter((exchange) => exchange.problem);
    const entries = exchanges
      .filter((exchange) => !exchange.problem)
      .flatMap(({ answer, service }) => answer.cards.map((card) => ({ card, service })))
      .sort(byUrgency);
    this.open.clear();
    this.notice();
    byId("cards").replaceChildren(...entries.map((entry) => this.draw(entry)));
    byId("problems").replaceChildren(...failed.map(drawFailure));
    const slowest = Math.round(Math.max(...exchanges.map((exchange) => exchange.ms)));
    if (entries.length) this.say(count(entries.length), entries.map(({ card }) => cardInWords(card)).join(" "), slowest);
    else this.say(failed.length ? "" : nothing, "", slowest);
    if (failed.length) this.jump("Error");
  }

  draw(entry) {
    const element = drawCard(entry.card, {
      accept: (suggestion) => this.handlers.accept(entry, suggestion),
      override: (answer) => this.handlers.override(entry, answer),
      launch: (link) => this.handlers.launch(link),
      dismiss: () => this.dismiss(entry),
    });
    this.open.set(entry.card, element);
    return element;
  }

  /** Grey a card and say what became of it. */
  answered({ card }, text) {
    markAnswered(this.open.get(card), text);
    this.open.delete(card);
  }

  dismiss({ card }) {
    this.open.get(card).remove();
    this.open.delete(card);
    this.say(this.open.size ? count(this.open.size) : "Dismissed.");
    byId("advice").focus();
    this.onDismiss?.();
  }

  /** Cards that still ask for an answer. */
  get waiting() {
    return [...this.open.keys()].filter(needsAnswer).length;
  }

  /** A failure that no service caused. */
  fail(text) {
    this.clear();
    this.warn("This page cannot go on", text);
  }

  /** Something went wrong beside the cards, which stay. */
  warn(title, text) {
    byId("problems").replaceChildren(failure(title, text));
    this.jump("Error");
  }

  /** The box above the cards that belongs to signing; without arguments it goes away. */
  notice(text = "", label = "", onPress = null) {
    byId("sign-notice").replaceChildren(...(text ? [box(text, label, onPress)] : []));
  }

  /** The status line; `more` is for screen readers, who do not see the cards below. */
  say(text, more = "", ms = null) {
    const spoken = more ? [h("span", { class: "unseen", text: ` ${more}` })] : [];
    const time = text && ms !== null ? [h("span", { class: "time", "aria-hidden": "true", text: `answered in ${ms} ms` })] : [];
    byId("status").replaceChildren(text, ...spoken, ...time);
    this.jump(text);
  }

  /** On a narrow screen the cards are far below the form: a bar leads there. */
  jump(text) {
    byId("jump").textContent = text && `${text.replace(/\.$/, "")}. Go to the advice`;
    byId("jump").hidden = !text;
  }
}

function box(text, label, onPress) {
  const button = label ? h("button", { type: "button", text: label, onclick: onPress }) : null;
  return h("div", { class: "notice", tabindex: "-1" }, h("p", { text }), button);
}

const count = (number) => (number === 1 ? "1 card" : `${number} cards`);

function drawFailure({ service, problem }) {
  return failure("The service gave no usable answer. This is not the same as no advice.", `${service}: ${problem}`);
}

function failure(title, text) {
  return h("div", { class: "failure" }, h("p", { class: "indicator", text: "Error" }), h("h3", { text: title }), h("p", { text }));
}
