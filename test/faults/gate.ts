/** Stands before an HTTP service on a port of its own and does to the wire what networks and services do. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from '../support/aws-signature.ts';

export type WireFault =
  /** Nobody listens. */
  | { readonly kind: 'refused' }
  /** Passed on after so many milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Cut when the request has come, before anybody has read it. */
  | { readonly kind: 'cut' }
  /** Done, then cut: in the middle of the answer, or before its first byte. */
  | { readonly kind: 'cut-body' | 'lost' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly type?: string }
  /** The true answer, its text changed. */
  | { readonly kind: 'edited'; readonly edit: (body: string) => string };

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface Gate {
  readonly url: string;
  /** From now on; of those for which `when` holds, at most `times` requests. null: as it should be. */
  set(
    fault: WireFault | null,
    options?: { readonly when?: (asked: Asked) => boolean; readonly times?: number },
  ): Promise<void>;
  /** Requests that a fault has hit since it was set. */
  readonly hits: () => number;
  stop(): Promise<void>;
}

export async function openGate(upstream: string): Promise<Gate> {
  let fault: WireFault | null = null;
  let when: (asked: Asked) => boolean = () => true;
  let [hits, times] = [0, Number.POSITIVE_INFINITY];
  let port = 0;
  const running = new Set<Promise<void>>();
  const server = createServer((incoming, response) => {
    const one = handle(incoming, response).catch(() => void response.destroy());
    running.add(one);
    one.finally(() => running.delete(one));
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const asked = { method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString() };
    const hit = fault !== null && hits < times && when(asked) ? fault : null;
    if (hit !== null) hits += 1;
    if (hit?.kind === 'cut') return void incoming.socket.destroy();
    if (hit?.kind === 'garbage') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Sign in</title>');
      return;
    }
    if (hit?.kind === 'answer') {
      response.writeHead(hit.status, { 'content-type': hit.type ?? 'application/json' }).end(hit.body);
      return;
    }
    if (hit?.kind === 'slow') await sleep(hit.ms);
    const answer = await passedOn(incoming, body);
    if (hit?.kind === 'lost') return void incoming.socket.destroy();
    const text = hit?.kind === 'edited' ? Buffer.from(hit.edit(answer.body.toString())) : answer.body;
    const headers = { ...answer.headers, 'content-length': String(text.length) };
    delete (headers as { 'transfer-encoding'?: string })['transfer-encoding'];
    response.writeHead(answer.status, incoming.method === 'HEAD' ? answer.headers : headers);
    if (hit?.kind !== 'cut-body') return void response.end(text);
    response.write(text.subarray(0, Math.ceil(text.length / 2)), () => setTimeout(() => response.destroy(), 10));
  }

  /** With its headers as they are, for the host is part of what is signed. */
  function passedOn(incoming: IncomingMessage, body: Buffer) {
    return new Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>((resolve, reject) => {
      const { method, url, headers } = incoming;
      const onward = request(new URL(url ?? '/', upstream), { ...(method && { method }), headers }, (answer) => {
        bodyOf(answer).then(
          (whole) => resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: whole }),
          reject,
        );
      });
      onward.on('error', reject).end(body);
    });
  }

  const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen();
  port = (server.address() as AddressInfo).port; // a TCP server's address is one
  return {
    url: `http://127.0.0.1:${port}`,
    async set(next, options = {}) {
      // What is late arrives in the scene that sent it.
      await Promise.all(running);
      if (fault?.kind === 'refused') await listen();
      fault = next;
      hits = 0;
      when = options.when ?? (() => true);
      times = options.times ?? Number.POSITIVE_INFINITY;
      if (fault?.kind === 'refused') await close();
    },
    hits: () => hits,
    stop: async () => {
      if (server.listening) await close();
    },
  };
}
