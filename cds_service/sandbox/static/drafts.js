// The list of draft orders under the form.
import { byId, h } from "./dom.js";
import { isFilled, orderText } from "./orders.js";

/**
 * @param {object[]} orders
 * @param {object} current The order in the form.
 * @param {{edit: Function, remove: Function}} handlers Both get the order.
 */
export function drawDrafts(orders, current, handlers) {
  const shown = orders.filter(isFilled);
  if (!shown.length) {
    byId("drafts").replaceChildren();
    return;
  }
  const items = shown.map((order) => {
    const words = orderText(order);
    const editable = order.resourceType === "MedicationRequest" && order !== current;
    return h(
      "li",
      { "aria-current": order === current ? "true" : null },
      h("span", { text: words }),
      order.priorPrescription ? h("span", { class: "tag", text: "renewal" }) : null,
      editable ? button("Edit", words, () => handlers.edit(order)) : null,
      button("Remove", words, () => handlers.remove(order)),
    );
  });
  byId("drafts").replaceChildren(h("h3", { text: "Draft orders" }), h("ul", { class: "drafts" }, ...items));
}

function button(text, words, onPress) {
  return h("button", { type: "button", class: "small", "aria-label": `${text} ${words}`, text, onclick: onPress });
}
