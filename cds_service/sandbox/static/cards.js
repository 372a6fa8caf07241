// One CDS Hooks card, the way an order-entry screen shows it.
import { h, outsideLink } from "./dom.js";
import { markdown } from "./markdown.js";

const INDICATORS = { critical: "Critical", warning: "Warning", info: "For information" };
const RANK = Object.keys(INDICATORS);
let drawn = 0;

/** The most urgent first; an unknown indicator is treated as a warning. */
export function byUrgency(one, other) {
  return RANK.indexOf(indicatorOf(one.card)) - RANK.indexOf(indicatorOf(other.card));
}

/** Does this card ask for an answer before the order is signed? */
export function needsAnswer(card) {
  return indicatorOf(card) !== "info";
}

function indicatorOf(card) {
  return INDICATORS[card.indicator] ? card.indicator : "warning";
}

/** What a screen reader is told about a card. */
export function cardInWords(card) {
  return `${INDICATORS[indicatorOf(card)]}: ${card.summary}`;
}

/** The language of a card's texts as attributes, where its service names one; the page itself is English. */
function speech(card) {
  const { code, direction } = card.extension?.["pgx-cds.language"] ?? {};
  return { lang: code, dir: direction === "rtl" || direction === "ltr" ? direction : null };
}

/**
 * Draw a card.
 * @param {object} card
 * @param {{accept: Function, override: Function, dismiss: Function}} handlers `accept(suggestion)`,
 *   `override({reason, comment})`, `launch(link)`, `dismiss()`.
 */
export function drawCard(card, handlers) {
  const heading = `card-${(drawn += 1)}`;
  const indicator = indicatorOf(card);
  return h(
    "article",
    { class: `card ${indicator}`, "aria-labelledby": `${heading}-kind ${heading}` },
    h("p", { id: `${heading}-kind`, class: "indicator", text: INDICATORS[indicator] }),
    h("h3", { ...speech(card), id: heading, text: card.summary }),
    card.detail ? h("div", { ...speech(card), class: "detail" }, markdown(card.detail)) : null,
    suggestions(card, handlers),
    links(card, handlers),
    h("p", { class: "source" }, "Source: ", outsideLink(card.source?.label ?? "not named", card.source?.url)),
    h("div", { class: "card-end" }, card.uuid ? overrideMenu(card, handlers, heading) : null, dismissButton(card, handlers)),
  );
}

function suggestions(card, handlers) {
  if (!card.suggestions?.length) return null;
  const title = card.suggestions.length > 1 && card.selectionBehavior === "at-most-one" ? "Suggested, choose one" : "Suggested";
  return h(
    "div",
    { class: "suggestions", role: "group", "aria-label": title },
    ...card.suggestions.map((suggestion) => {
      const words = (suggestion.actions ?? []).map((action) => action.description).filter(Boolean);
      return h(
        "div",
        { class: "suggestion" },
        h(
          "button",
          { type: "button", class: suggestion.isRecommended ? "primary" : null, onclick: () => handlers.accept(suggestion) },
          h("span", { ...speech(card), text: suggestion.label }),
          suggestion.isRecommended ? h("span", { class: "badge", text: " (recommended)" }) : null,
        ),
        words.length ? h("p", { ...speech(card), class: "hint", text: words.join(". ") }) : null,
      );
    }),
  );
}

function links(card, handlers) {
  if (!card.links?.length) return null;
  const shown = card.links.map((link) => h("li", speech(card), link.type === "smart" ? app(link, handlers) : outsideLink(link.label, link.url)));
  return h("ul", { class: "links" }, ...shown);
}

/** A SMART app is launched with the patient; it opens beside the page. */
function app(link, handlers) {
  return h("button", { type: "button", class: "quiet", text: link.label, onclick: () => handlers.launch(link) });
}

function dismissButton(card, handlers) {
  return h("button", { type: "button", class: "quiet", "aria-label": `Dismiss: ${card.summary}`, text: "Dismiss", onclick: handlers.dismiss });
}

/** Reason and comment; one of both is needed. */
function overrideMenu(card, handlers, heading) {
  const reasons = card.overrideReasons ?? [];
  const choice = h(
    "select",
    { id: `${heading}-reason` },
    h("option", { value: "", text: "Choose a reason" }),
    ...reasons.map((reason, index) => h("option", { ...speech(card), value: String(index), text: reason.display ?? reason.code })),
  );
  const comment = h("input", { id: `${heading}-comment`, type: "text", maxlength: "500" });
  const problem = h("p", { class: "problem-text", role: "alert" });
  const confirm = () => {
    const reason = reasons[Number(choice.value || -1)];
    if (reason || comment.value.trim()) handlers.override({ reason, comment: comment.value.trim() });
    else problem.textContent = "Choose a reason or write a comment.";
  };
  return h(
    "details",
    { class: "override" },
    h("summary", { text: "Override" }),
    reasons.length ? h("div", { class: "field" }, h("label", { for: choice.id, text: "Reason" }), choice) : null,
    h("div", { class: "field" }, h("label", { for: comment.id, text: "Comment" }), comment),
    problem,
    h("button", { type: "button", text: "Keep the order", onclick: confirm }),
  );
}

/** Grey a card that was answered, and say how. */
export function markAnswered(element, text) {
  element.classList.add("answered");
  for (const control of element.querySelectorAll("button, select, input")) control.disabled = true;
  element.querySelector(".card-end")?.replaceWith(h("p", { class: "answer", tabindex: "-1", text }));
  element.querySelector(".answer").focus();
}
