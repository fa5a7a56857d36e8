// Stands in the bundle for zod's way to JSON Schema, which is gone when lib/model/schema.ts has written it.
const unused = () => {
  throw new Error('JSON Schema is not made here');
};
export const createToJSONSchemaMethod = () => unused;
export const createStandardJSONSchemaMethod = () => unused;
