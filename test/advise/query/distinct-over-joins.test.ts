import { describe } from 'vitest';
import { distinctOverJoins } from '../../../lib/advise/query/distinct-over-joins.ts';
import { testForm } from '../../support/costly-form.ts';

describe('distinct-over-joins', () => {
  testForm(distinctOverJoins, {
    text: `SELECT DISTINCT o.id, o.status FROM orders o JOIN items i ON i.order_id = o.id WHERE i.sku = $1`,
    harmless: [
      `SELECT DISTINCT o.id, i.sku FROM orders o JOIN items i ON i.order_id = o.id`,
      `SELECT DISTINCT status FROM orders`,
      `SELECT DISTINCT ON (o.id) o.id, o.status FROM orders o JOIN items i ON i.order_id = o.id`,
      `SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id`,
    ],
    approach: /EXISTS/,
  });
});
