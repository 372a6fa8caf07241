// Dose, unit, frequency and route: between the fields of the form and a FHIR Dosage.

const UCUM = "http://unitsofmeasure.org";
const SNOMED = "http://snomed.info/sct";

/** Closed lists the form offers: `units`, `frequencies`, `routes`. */
export async function loadChoices(address) {
  return (await fetch(address)).json();
}

/**
 * The fields of a dose in words such as "75 mg once daily".
 * @returns {{amount: string, unit: string, frequency: string}} Empty strings where the words do not fit the choices.
 */
export function fieldsOfText(text, choices) {
  const [, amount = "", unit = "", frequency = ""] = /^([\d.]+) (\S+) (.+)$/.exec(text) ?? [];
  const known = (list, word) => (list.some((choice) => choice.text === word) ? word : "");
  return { amount, unit: known(choices.units, unit), frequency: known(choices.frequencies, frequency) };
}

/** A Dosage of the fields that are filled; null if none is. */
export function dosageOfFields({ amount, unit, frequency, route }, choices) {
  const chosen = (list, text) => list.find((choice) => choice.text === text);
  const how = chosen(choices.frequencies, frequency);
  const way = chosen(choices.routes, route);
  const measure = chosen(choices.units, unit);
  const dose = amount === "" ? "" : `${amount} ${unit}`.trim();
  const dosage = {};
  const words = [dose, frequency].filter(Boolean).join(" ");
  if (words) dosage.text = words;
  if (how) dosage.timing = how.timing;
  if (how?.asNeeded) dosage.asNeededBoolean = true;
  if (way) dosage.route = { coding: [{ system: SNOMED, code: way.code, display: way.display }], text: way.text };
  if (dose) {
    const quantity = { value: Number(amount), ...(measure ? { unit, system: UCUM, code: measure.code } : {}) };
    dosage.doseAndRate = [{ doseQuantity: quantity }];
  }
  return Object.keys(dosage).length ? dosage : null;
}

/** The fields that say the same as a Dosage, as far as the choices allow; `complete` is false if something is lost. */
export function fieldsOfDosage(dosage, choices) {
  const quantity = dosage.doseAndRate?.[0]?.doseQuantity;
  const unit = choices.units.find((choice) => choice.code === quantity?.code || choice.text === quantity?.unit);
  const same = (choice) =>
    sameTiming(choice.timing, dosage.timing) && Boolean(choice.asNeeded) === Boolean(dosage.asNeededBoolean);
  const frequency = choices.frequencies.find(same);
  const codes = (dosage.route?.coding ?? []).map((coding) => coding.code);
  const route = choices.routes.find((choice) => codes.includes(choice.code) || choice.text === dosage.route?.text);
  const fields = {
    amount: quantity?.value === undefined ? "" : String(quantity.value),
    unit: unit?.text ?? "",
    frequency: frequency?.text ?? "",
    route: route?.text ?? "",
  };
  const lost = (quantity && !unit) || (dosage.timing && !frequency) || (dosage.route && !route) || (dosage.text && !fields.amount);
  return { ...fields, complete: !lost };
}

function sameTiming(one, other) {
  const text = (timing) => JSON.stringify(Object.entries(timing?.repeat ?? {}).sort());
  return Boolean(other) && text(one) === text(other);
}

/** The usual route of a clinical drug, read from the dose form in its name; "" if the name does not tell. */
export function routeOfName(name) {
  if (/\b(oral|chewable)\b/i.test(name)) return "oral";
  if (/\binject/i.test(name)) return "intravenous";
  return /\btopical\b/i.test(name) ? "topical" : "";
}
