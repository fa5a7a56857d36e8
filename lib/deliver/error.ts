/** A mail was not sent, or nobody can know whether it was: then `sent` is unknown and nobody sends it again unasked. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly sent: 'no' | 'unknown';
  constructor(message: string, options: ErrorOptions & { readonly sent: 'no' | 'unknown' }) {
    super(message, options);
    this.sent = options.sent;
  }
}
