import { describe, expect, test } from 'vitest';
import { type Delivery, deliver } from '../../lib/deliver/deliver.ts';
import { DeliveryError } from '../../lib/deliver/error.ts';
import type { Mailbox, Message } from '../../lib/model/objects.ts';
import { type Killer, memoryStore, message, now, peaceful } from './room.ts';

const body = (text: string) => new TextEncoder().encode(text);

/** A carrier like SES: whatever is sent again arrives again. */
function carrier({
  killer = peaceful,
  idempotent = false,
  refuse = () => false,
}: {
  killer?: Killer;
  idempotent?: boolean;
  refuse?: (message: Message) => DeliveryError | Error | false;
} = {}) {
  const arrived: Message[] = [];
  const mailbox: Mailbox = {
    location: 'memory',
    ...(idempotent ? { idempotent } : {}),
    async send(letter) {
      await Promise.resolve();
      killer.step(`send ${letter.id}`);
      const refusal = refuse(letter);
      if (refusal) throw refusal;
      if (!idempotent || !arrived.some(({ id }) => id === letter.id)) arrived.push(letter);
      await Promise.resolve();
      killer.after(`send ${letter.id}`);
      return { messageId: `carrier-${arrived.length}` };
    },
  };
  return { mailbox, arrived };
}

const one: Message = { ...message, to: ['ada@example.org'] };
const delivery = (over: Pick<Delivery, 'store' | 'mailbox'> & Partial<Delivery>): Delivery => ({
  archive: [
    { key: 'reports/shop/2026-W47/index.html', body: body('<p>'), contentType: 'text/html' },
    { key: 'reports/shop/2026-W47/report.json', body: body('{}'), contentType: 'application/json' },
  ],
  history: [{ key: 'history/shop/2026-11-22T06:00:00.000Z.json.gz', body: body('history') }],
  mail: [one],
  claim: { cadence: 'weekly', targets: ['shop'], windowEnd: now },
  send: true,
  force: false,
  runId: 'run-1',
  now,
  sleep: async () => {},
  ...over,
});

describe('a delivery', () => {
  test('writes archive, mail and history in this order', async () => {
    const steps: string[] = [];
    const killer: Killer = { step: (name) => void steps.push(name), after: () => {} };
    const { store, text } = memoryStore(killer);
    const { mailbox, arrived } = carrier({ killer });
    const delivered = await deliver(delivery({ store, mailbox }));
    expect(delivered).toEqual({ mailSent: true, mailsSkipped: [], mailsDelivered: 1, archived: 2 });
    expect(
      steps.map((step) => step.replace(/-[0-9a-f]{8}(?=\.json|$)/, '').replace(/[0-9a-f]{16}/, 'TARGETS')),
    ).toEqual([
      'put reports/shop/2026-W47/index.html',
      'put reports/shop/2026-W47/report.json',
      'create claims/weekly/TARGETS/20261122T060000Z/digest-2026-W47.json',
      'send digest-2026-W47',
      'put claims/weekly/TARGETS/20261122T060000Z/digest-2026-W47.json',
      'create history/shop/2026-11-22T06:00:00.000Z.json.gz',
    ]);
    expect(arrived).toHaveLength(1);
    const claim = steps[2]?.slice('create '.length) ?? '';
    expect(JSON.parse(text(claim))).toMatchObject({ state: 'sent', run: 'run-1', messageId: 'carrier-1' });
  });

  test('of the same targets, cadence and window is mailed once, in whatever order the targets come', async () => {
    const { store } = memoryStore();
    const { mailbox, arrived } = carrier();
    const claim = { cadence: 'weekly', targets: ['b', 'a'], windowEnd: now } as const;
    await deliver(delivery({ store, mailbox, claim }));
    const again = await deliver(
      delivery({ store, mailbox, runId: 'run-2', claim: { ...claim, targets: ['a', 'b', 'a'] } }),
    );
    expect(again.mailSent).toBe(false);
    expect(again.mailsSkipped).toEqual([{ id: expect.any(String), why: expect.stringContaining('sent already') }]);
    expect(arrived).toHaveLength(1);
    for (const other of [
      { ...claim, cadence: 'monthly' as const },
      { ...claim, targets: ['a'] },
      { ...claim, windowEnd: '2026-11-29T06:00:00.000Z' },
    ]) {
      expect((await deliver(delivery({ store, mailbox, claim: other }))).mailSent).toBe(true);
    }
  });

  test('gives each recipient a letter and a claim of their own', async () => {
    const { store, objects } = memoryStore();
    const { mailbox, arrived } = carrier();
    await deliver(delivery({ store, mailbox, mail: [message] }));
    expect(arrived.map(({ to }) => to)).toEqual([['ada@example.org'], ['bob@example.org']]);
    expect(new Set(arrived.map(({ id }) => id)).size).toBe(2);
    expect([...objects.keys()].filter((key) => key.startsWith('claims/'))).toHaveLength(2);
  });

  test('puts one file for all recipients into a folder', async () => {
    const { store } = memoryStore();
    const { mailbox, arrived } = carrier({ idempotent: true });
    await deliver(delivery({ store, mailbox, mail: [message] }));
    expect(arrived.map(({ id, to }) => ({ id, to }))).toEqual([{ id: message.id, to: message.to }]);
  });

  test('with sending switched off writes the rest and says so', async () => {
    const { store, objects } = memoryStore();
    const { mailbox, arrived } = carrier();
    const delivered = await deliver(delivery({ store, mailbox, send: false }));
    expect(delivered).toMatchObject({ mailSent: false, mailsSkipped: [{ why: 'sending is switched off' }] });
    expect(arrived).toHaveLength(0);
    expect([...objects.keys()].filter((key) => /^(history|claims)/.test(key))).toHaveLength(1);
  });

  test('without a recipient is an error', async () => {
    const { store } = memoryStore();
    const { mailbox } = carrier();
    await expect(deliver(delivery({ store, mailbox, mail: [{ ...one, to: [] }] }))).rejects.toThrow(
      /nobody to send to/,
    );
  });

  test('keeps the history that is already there', async () => {
    const { store, text } = memoryStore();
    const { mailbox } = carrier();
    const key = 'history/shop/week.json.gz';
    await deliver(delivery({ store, mailbox, history: [{ key, body: body('first') }] }));
    await deliver(delivery({ store, mailbox, runId: 'run-2', history: [{ key, body: body('second') }] }));
    expect(text(key)).toBe('first');
  });
});

describe('a mail that is refused', () => {
  const refusal = new DeliveryError('SES: MessageRejected', { sent: 'no' });

  test('fails the run before the history, and the next run sends it', async () => {
    const { store, objects } = memoryStore();
    let broken = true;
    const { mailbox, arrived } = carrier({ refuse: () => broken && refusal });
    await expect(deliver(delivery({ store, mailbox }))).rejects.toThrow('SES: MessageRejected');
    expect([...objects.keys()].some((key) => key.startsWith('history/'))).toBe(false);
    broken = false;
    expect((await deliver(delivery({ store, mailbox, runId: 'run-2' }))).mailSent).toBe(true);
    expect(arrived).toHaveLength(1);
    expect([...objects.keys()].some((key) => key.startsWith('history/'))).toBe(true);
  });

  test('does not cost the other recipients theirs, and is all that the next run sends', async () => {
    const { store } = memoryStore();
    let broken = true;
    const { mailbox, arrived } = carrier({ refuse: ({ to }) => broken && to[0] === 'ada@example.org' && refusal });
    await expect(deliver(delivery({ store, mailbox, mail: [message] }))).rejects.toThrow(DeliveryError);
    broken = false;
    await deliver(delivery({ store, mailbox, mail: [message], runId: 'run-2' }));
    expect(arrived.map(({ to }) => to[0])).toEqual(['bob@example.org', 'ada@example.org']);
  });
});

describe('a mail of which nobody knows whether it was sent', () => {
  const timeout = () => new Error('socket hang up');

  test('is not sent again unasked: the run fails and names the claim and force, the history is kept', async () => {
    const { store, objects } = memoryStore();
    const { mailbox, arrived } = carrier({ refuse: timeout });
    await expect(deliver(delivery({ store, mailbox }))).rejects.toMatchObject({ sent: 'unknown' });
    const healthy = carrier();
    const again = deliver(delivery({ store, mailbox: healthy.mailbox, runId: 'run-2' }));
    await expect(again).rejects.toThrow(
      /claims\/weekly\/[0-9a-f]{16}\/20261122T060000Z\/digest-2026-W47-[0-9a-f]{8}\.json in memory.*run-1.*force/,
    );
    expect([...arrived, ...healthy.arrived]).toHaveLength(0);
    expect([...objects.keys()].some((key) => key.startsWith('history/'))).toBe(true);
  });

  test('is sent again with force, once however many forced runs there are', async () => {
    const { store } = memoryStore();
    await deliver(delivery({ store, mailbox: carrier({ refuse: timeout }).mailbox })).catch(() => {});
    const { mailbox, arrived } = carrier();
    const forced = Array.from({ length: 8 }, (_, index) =>
      deliver(delivery({ store, mailbox, force: true, runId: `forced-${index}` })),
    );
    const results = await Promise.all(forced);
    expect(arrived).toHaveLength(1);
    expect(results.filter(({ mailSent }) => mailSent)).toHaveLength(1);
  });

  test('in a folder is simply written again', async () => {
    const { store } = memoryStore();
    await deliver(delivery({ store, mailbox: carrier({ idempotent: true, refuse: timeout }).mailbox })).catch(() => {});
    const { mailbox, arrived } = carrier({ idempotent: true });
    expect((await deliver(delivery({ store, mailbox, runId: 'run-2' }))).mailSent).toBe(true);
    expect(arrived.map(({ id }) => id)).toEqual([message.id]);
  });
});

describe('force', () => {
  test.each([true, false])('sends again what was sent, under a new name (folder: %s)', async (idempotent) => {
    const { store } = memoryStore();
    const { mailbox, arrived } = carrier({ idempotent });
    await deliver(delivery({ store, mailbox }));
    await deliver(delivery({ store, mailbox, force: true, runId: 'run-2' }));
    expect(arrived).toHaveLength(2);
    expect(arrived[1]?.id).toBe(`${arrived[0]?.id}.2`);
    await deliver(delivery({ store, mailbox, runId: 'run-3' }));
    expect(arrived).toHaveLength(2);
  });

  test('of one and the same invocation, delivered twice, sends once', async () => {
    const { store } = memoryStore();
    const { mailbox, arrived } = carrier();
    await deliver(delivery({ store, mailbox }));
    await deliver(delivery({ store, mailbox, force: true, runId: 'invocation' }));
    await deliver(delivery({ store, mailbox, force: true, runId: 'invocation' }));
    expect(arrived).toHaveLength(2);
  });
});

describe('two runs at once', () => {
  test.each([true, false])('of 8 racing runs one mail comes out and all succeed (folder: %s)', async (idempotent) => {
    const { store, objects } = memoryStore();
    const { mailbox, arrived } = carrier({ idempotent });
    const runs = Array.from({ length: 8 }, (_, index) => deliver(delivery({ store, mailbox, runId: `run-${index}` })));
    const results = await Promise.all(runs);
    expect(arrived).toHaveLength(1);
    if (!idempotent) expect(results.filter(({ mailSent }) => mailSent)).toHaveLength(1);
    expect([...objects.keys()].filter((key) => key.startsWith('history/'))).toHaveLength(1);
  });

  test('a run waits for the one that is sending, and gives it up when its lease is over', async () => {
    const { store } = memoryStore();
    const dead = carrier({ killer: { ...peaceful, step: () => undefined } });
    const hanging: Mailbox = { ...dead.mailbox, send: () => new Promise(() => {}) };
    void deliver(delivery({ store, mailbox: hanging }));
    await new Promise((resolve) => setImmediate(resolve));
    let waited = 0;
    const sleep = async (ms: number) => {
      waited += ms;
    };
    const { mailbox, arrived } = carrier();
    await expect(deliver(delivery({ store, mailbox, runId: 'run-2', sleep }))).rejects.toThrow(
      /left "sending" by run run-1/,
    );
    expect(waited).toBe(120_000);
    waited = 0;
    const nextDay = delivery({ store, mailbox, runId: 'run-3', sleep, now: '2026-11-23T06:00:00.000Z' });
    await expect(deliver(nextDay)).rejects.toThrow(DeliveryError);
    expect(waited).toBe(0);
    expect(arrived).toHaveLength(0);
  });

  test('a run whose rival is refused while it waits sends the mail itself', async () => {
    const { store } = memoryStore();
    let refuse: (error: DeliveryError) => void = () => {};
    const rival: Mailbox = { location: 'memory', send: () => new Promise((_, reject) => (refuse = reject)) };
    const first = deliver(delivery({ store, mailbox: rival }));
    first.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    const { mailbox, arrived } = carrier();
    const sleep = async () => {
      refuse(new DeliveryError('refused', { sent: 'no' }));
      await new Promise((resolve) => setImmediate(resolve));
    };
    expect((await deliver(delivery({ store, mailbox, runId: 'run-2', sleep }))).mailSent).toBe(true);
    await expect(first).rejects.toThrow('refused');
    expect(arrived).toHaveLength(1);
  });
});

describe('a run killed between any two steps', () => {
  class Killed extends Error {}
  /** Dead is dead: from the kill on, every further step of that run fails too. */
  const killAt = (nth: number, when: 'before' | 'after'): Killer & { steps: string[] } => {
    const steps: string[] = [];
    let dead = false;
    return {
      steps,
      step(name) {
        if (!dead) steps.push(name);
        dead ||= when === 'before' && steps.length === nth;
        if (dead) throw new Killed(name);
      },
      after(name) {
        dead ||= when === 'after' && steps.length === nth;
        if (dead) throw new Killed(name);
      },
    };
  };
  const count = 2 + 3 + 1; // archive, claim-send-claim, history

  const cases = Array.from({ length: count }, (_, index) => index + 1).flatMap((nth) =>
    (['before', 'after'] as const).flatMap((when) => [true, false].map((idempotent) => ({ nth, when, idempotent }))),
  );
  test.each(cases)('($when step $nth, folder: $idempotent) is put right by running again', async (it) => {
    const objects = new Map<string, Uint8Array>();
    const killer = killAt(it.nth, it.when);
    const inbox: Message[] = [];
    const dying = carrier({ killer, idempotent: it.idempotent });
    await expect(
      deliver(delivery({ store: memoryStore(killer, objects).store, mailbox: dying.mailbox })),
    ).rejects.toThrow();
    expect(killer.steps).toHaveLength(it.nth);
    inbox.push(...dying.arrived);

    const { store } = memoryStore(peaceful, objects);
    const next = carrier({ idempotent: it.idempotent });
    const again = deliver(delivery({ store, mailbox: next.mailbox, runId: 'run-2' }));
    // From the claim on until its outcome is kept, only the carrier knows. Then a person is asked.
    const unknown =
      !it.idempotent &&
      (it.nth === 4 || (it.nth === 3 && it.when === 'after') || (it.nth === 5 && it.when === 'before'));
    if (unknown) await expect(again).rejects.toMatchObject({ sent: 'unknown' });
    else await again;
    inbox.push(...next.arrived.filter(({ id }) => !it.idempotent || !inbox.some((letter) => letter.id === id)));

    expect([...objects.keys()].filter((key) => /^(history|reports)/.test(key))).toHaveLength(3);
    const never = unknown && (it.nth === 3 || (it.nth === 4 && it.when === 'before'));
    expect(inbox).toHaveLength(never ? 0 : 1);
    if (!never) return;
    const forced = await deliver(delivery({ store, mailbox: next.mailbox, runId: 'run-3', force: true }));
    expect(forced.mailSent).toBe(true);
    expect(next.arrived).toHaveLength(1);
  });
});
