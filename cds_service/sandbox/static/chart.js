// What the page shows of a patient's record.
import { h } from "./dom.js";
import { ageInYears, conceptText, drugText, find, read, valueText } from "./fhir.js";

/** Everything the page needs of a patient, read at once. */
export async function readChart(id) {
  const of = (kind, filter = "") => find(`${kind}?patient=${encodeURIComponent(id)}${filter}`);
  const [patient, encounters, conditions, medications, allergies, vitals, results, reports] = await Promise.all([
    read(`Patient/${id}`),
    of("Encounter", "&status=in-progress"),
    of("Condition", "&clinical-status=active"),
    of("MedicationRequest", "&status=active"),
    of("AllergyIntolerance"),
    of("Observation", "&category=vital-signs"),
    of("Observation", "&category=laboratory&_sort=-date"),
    of("DiagnosticReport", "&_sort=-date"),
  ]);
  return { patient, encounter: encounters[0] ?? null, conditions, medications, allergies, vitals, results, reports };
}

/** Age, sex and measures on one line. */
export function factsText({ patient, vitals }) {
  const measures = vitals.map((vital) => valueText(vital));
  return [`${ageInYears(patient.birthDate)} years`, patient.gender, ...measures].join(", ");
}

/**
 * The record as short lists.
 * @param {(order: object) => void} onRenew Called with the active order to continue.
 */
export function chartLists(chart, onRenew) {
  const printed = chart.reports.filter((report) => report.presentedForm?.length);
  const renewable = (order) => [
    `${drugText(order)}, ${order.dosageInstruction?.[0]?.text ?? ""} `,
    h("button", { type: "button", class: "small", "aria-label": `Renew ${drugText(order)}`, text: "Renew", onclick: () => onRenew(order) }),
  ];
  const results = [
    ...chart.results.map((result) => [resultText(result)]),
    ...printed.map((report) => [`${conceptText(report.code)}: ${report.presentedForm[0].title} (document, ${dayOf(report)})`]),
  ];
  return [
    group("Problems", chart.conditions.map((one) => [conceptText(one.code)])),
    group("Active medication", chart.medications.map(renewable)),
    group("Allergies", chart.allergies.map((one) => [conceptText(one.code)])),
    group("Genetic results", results),
  ];
}

/** A Genotype names its gene in the value; other results need the name of the test. */
function resultText(result) {
  const test = result.component ? "" : `${conceptText(result.code)}: `;
  const state = result.status === "final" ? "" : `, ${result.status}`;
  const laboratory = result.performer?.[0]?.display;
  return `${test}${valueText(result)} (${dayOf(result)}${laboratory ? `, ${laboratory}` : ""}${state})`;
}

const dayOf = (resource) => (resource.effectiveDateTime ?? "no date").slice(0, 10);

function group(title, items) {
  const shown = items.length ? items : [["None on file"]];
  return h("section", {}, h("h3", { text: title }), h("ul", {}, ...shown.map((parts) => h("li", {}, ...parts))));
}
