/** The harmful release: the view keeps its name and columns, and every row of it becomes two subqueries. */
import type { ClientBase } from 'pg';

/** Ratings «live» instead of from the nightly column: each product of a category now reads all of its reviews, twice. */
export const releaseSql = `CREATE OR REPLACE VIEW product_listing AS
SELECT id, category_id, name, price,
       (SELECT count(*)::int FROM reviews r WHERE r.product_id = p.id) AS rating_count,
       coalesce((SELECT avg(stars) FROM reviews r WHERE r.product_id = p.id), 0)::numeric(3,2) AS rating_average
FROM products p;`;

export async function shipRelease(client: ClientBase): Promise<void> {
  await client.query(releaseSql);
}
