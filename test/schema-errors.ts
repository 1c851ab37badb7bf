import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';

/**
 * Where a document is not what the package's schema of that command says; null where it is. The schemas let fields be
 * added; what this version prints has to be in them, so here they are closed.
 */
export function schemaErrors(command: string, document: unknown): unknown {
  // as the package ships them
  const text = readFileSync(new URL('../dist/schemas.json', import.meta.url), 'utf8');
  const schemas = JSON.parse(text, (_, value: unknown) => closed(value)) as Record<string, object>;
  const validate = new Ajv({
    strict: true,
    strictRequired: false,
    allErrors: true,
    allowUnionTypes: true,
  }).compile(schemas[command] ?? false);
  validate(document);
  return validate.errors;
}

function closed(schema: unknown): unknown {
  const isOpen =
    typeof schema === 'object' &&
    schema !== null &&
    'properties' in schema &&
    'type' in schema &&
    !('additionalProperties' in schema);
  return isOpen ? { ...schema, additionalProperties: false } : schema;
}
