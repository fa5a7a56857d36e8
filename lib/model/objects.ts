/** Where reports, history and claims live. Two adapters (S3, folder), one contract test. Keys use `/`, no leading one. */
export interface Objects {
  /** null when there is no such key. Throws StoreError when it cannot be known. */
  get(key: string): Promise<Uint8Array | null>;
  /** Overwrites atomically: readers see the old bytes or the new, never a part. */
  put(key: string, body: Uint8Array, contentType: string): Promise<void>;
  /** False when the key exists already; then nothing was written. Atomic against other writers. */
  putIfAbsent(key: string, body: Uint8Array, contentType: string): Promise<boolean>;
  /** False when the key no longer holds exactly `was`; then nothing was written. Atomic against other such writers. */
  putIfSame(key: string, body: Uint8Array, was: Uint8Array, contentType: string): Promise<boolean>;
  /** Keys under a prefix, sorted by their UTF-8 bytes. */
  list(prefix: string): Promise<readonly string[]>;
  /** For people: `s3://bucket/prefix` or an absolute folder. */
  readonly location: string;
}

/** A whole RFC 5322 message for one set of recipients; `id` names it for idempotency and for the folder. */
export interface Message {
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments?: readonly {
    readonly filename: string;
    readonly cid?: string;
    readonly contentType: string;
    readonly body: Uint8Array;
  }[];
}

/** Sends one message; answers the id the carrier gave it. */
export interface Mailbox {
  /** True when a message sent again under the same id stays one message (a file in a folder). */
  readonly idempotent?: boolean;
  /** `date`: ISO 8601, what the message is dated. */
  send(message: Message, date: string): Promise<{ readonly messageId: string }>;
  readonly location: string;
}
