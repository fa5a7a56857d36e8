/** How the services of AWS refuse, in their own words, each in its own protocol. */
import type { WireFault } from '../gate.ts';

export const xml = (status: number, code: string, message = code): WireFault => ({
  kind: 'answer',
  status,
  type: 'text/xml',
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});
export const sesXml = (status: number, code: string, message = code): WireFault => ({
  kind: 'answer',
  status,
  type: 'text/xml',
  body: `<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});
export const json = (status: number, type: string, message = type): WireFault => ({
  kind: 'answer',
  status,
  type: 'application/x-amz-json-1.1',
  body: JSON.stringify({ __type: type, message }),
});
export const EXPIRED = 'The security token included in the request is expired';
