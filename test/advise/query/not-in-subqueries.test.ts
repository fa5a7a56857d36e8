import { describe } from 'vitest';
import { notInSubqueries } from '../../../lib/advise/query/not-in-subqueries.ts';
import { testForm } from '../../support/costly-form.ts';

describe('not-in-subqueries', () => {
  testForm(notInSubqueries, {
    text: `SELECT id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers WHERE blocked)`,
    harmless: [
      `SELECT id FROM orders WHERE customer_id IN (SELECT id FROM customers)`,
      `SELECT id FROM orders o WHERE NOT EXISTS (SELECT FROM customers c WHERE c.id = o.customer_id)`,
      `SELECT id FROM orders WHERE customer_id NOT IN ($1, $2)`,
    ],
    approach: /NOT EXISTS/,
  });
});
