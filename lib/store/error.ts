/** The store cannot be read or written. The message says what was tried on what, and what to do about it. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
