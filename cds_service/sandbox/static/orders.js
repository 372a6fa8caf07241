// Draft orders as values: made, changed by the actions of a suggestion, and put into words. No page, no network.
import { conceptText, drugText } from "./fhir.js";

const TERMINOLOGY = "http://terminology.hl7.org/CodeSystem";
export const RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";

let made = 0;
const nextId = () => `draft-${(made += 1)}`;

/** An order without a drug yet. */
export function emptyOrder(patient, encounter) {
  const inpatient = encounter?.class?.code === "IMP";
  return {
    resourceType: "MedicationRequest",
    id: nextId(),
    status: "draft",
    intent: "order",
    category: [{ coding: [{ system: `${TERMINOLOGY}/medicationrequest-category`, code: inpatient ? "inpatient" : "community" }] }],
    subject: { reference: `Patient/${patient}` },
    ...(encounter ? { encounter: { reference: `Encounter/${encounter.id}` } } : {}),
    authoredOn: new Date().toLocaleDateString("sv"),
    requester: { reference: "Practitioner/pgx-prescriber" },
  };
}

/** Orders that say what to give or do; the others are not sent. */
export function isFilled(order) {
  return order.resourceType !== "MedicationRequest" || drugText(order) !== "";
}

/** The Bundle of context.draftOrders. */
export function draftBundle(orders) {
  return { resourceType: "Bundle", type: "collection", entry: orders.map((resource) => ({ resource })) };
}

export const referenceTo = (order) => `${order.resourceType}/${order.id}`;

/**
 * Apply the actions of a suggestion together.
 * @returns `orders` after them, `changed` (the order to look at next) and `words` (what happened, in order).
 */
export function applyActions(orders, actions, defaults) {
  let result = [...orders];
  let changed = null;
  const words = [];
  const removedAt = [];
  for (const action of actions.filter(({ type }) => type === "delete")) {
    const target = action.resourceId ?? (action.resource && referenceTo(action.resource));
    const index = result.findIndex((order) => referenceTo(order) === target);
    if (index < 0) continue;
    words.push(`Removed: ${orderText(result[index])}`);
    removedAt.push(index);
    result = result.filter((_, position) => position !== index);
  }
  for (const action of actions.filter(({ type }) => type === "create")) {
    const order = withDefaults(action.resource, defaults);
    result.splice(removedAt.shift() ?? result.length, 0, order);
    words.push(`Added: ${orderText(order)}`);
    changed ??= order;
  }
  for (const action of actions.filter(({ type }) => type === "update")) {
    const index = result.findIndex((order) => referenceTo(order) === referenceTo(action.resource));
    if (index < 0) continue;
    words.push(`Changed to: ${orderText(action.resource)}`);
    result[index] = action.resource;
    changed ??= action.resource;
  }
  return { orders: result, changed, words };
}

/** A created order keeps what it says and takes patient, visit and prescriber from the page; its id is thrown away. */
function withDefaults(resource, defaults) {
  const { category, ...shared } = defaults;
  const own = resource.resourceType === "MedicationRequest" ? { category, ...shared } : shared;
  return { ...own, ...resource, id: nextId() };
}

/** What an order says, on one line. */
export function orderText(order) {
  const what = order.resourceType === "MedicationRequest" ? drugText(order) : conceptText(order.code);
  const dosing = (order.dosageInstruction ?? []).map(dosageText).filter(Boolean).join("; ");
  return [what || order.resourceType, dosing].filter(Boolean).join(", ");
}

function dosageText(dosage) {
  const quantity = dosage.doseAndRate?.[0]?.doseQuantity;
  return dosage.text ?? (quantity ? `${quantity.value} ${quantity.unit ?? quantity.code ?? ""}`.trim() : "");
}
