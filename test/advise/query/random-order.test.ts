import { describe } from 'vitest';
import { randomOrder } from '../../../lib/advise/query/random-order.ts';
import { testForm } from '../../support/costly-form.ts';

describe('random-order', () => {
  testForm(randomOrder, {
    text: `SELECT id FROM orders ORDER BY random() LIMIT $1`,
    harmless: [`SELECT id FROM orders ORDER BY id LIMIT $1`, `SELECT random() FROM orders ORDER BY id`],
    approach: /random/,
  });
});
