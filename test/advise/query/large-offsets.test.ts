import { describe } from 'vitest';
import { largeOffsets } from '../../../lib/advise/query/large-offsets.ts';
import { testForm } from '../../support/costly-form.ts';

describe('large-offsets', () => {
  testForm(largeOffsets, {
    text: `SELECT id, total FROM orders WHERE status = $1 ORDER BY created_at LIMIT $2 OFFSET $3`,
    harmless: [
      `SELECT id, total FROM orders WHERE status = $1 ORDER BY created_at LIMIT $2`,
      `SELECT id FROM orders ORDER BY id LIMIT 20 OFFSET 0`,
      `DELETE FROM orders WHERE id = $1`,
    ],
    approach: /after|last key/i,
  });
});
