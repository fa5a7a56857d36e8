/** A business application of twenty years: mixed-case names, text for everything, no foreign keys, attributes in rows. */
import { int, type Scene } from './scene.ts';

const CUSTOMERS = 50_000;
const LINES = 180_000;

export const legacy: Scene = {
  name: 'legacy',
  kind: 'without foreign keys',
  build: [
    `CREATE TABLE "Customer" ("CustNo" varchar(12) PRIMARY KEY, "Name" varchar(80) NOT NULL, "City" varchar(40) NOT NULL, "Remarks" text NOT NULL, "Deleted" char(1) NOT NULL);
     INSERT INTO "Customer" SELECT n::text, 'Company ' || md5(n::text), 'City ' || n % 300, repeat('remark ', 25), CASE WHEN n % 100 = 0 THEN 'Y' ELSE 'N' END FROM generate_series(1, ${CUSTOMERS}) n`,
    `CREATE TABLE "OrderLine" ("OrderNo" varchar(12) NOT NULL, "LineNo" int NOT NULL, "ArticleNo" varchar(12) NOT NULL, "Qty" int NOT NULL, "Text" text NOT NULL);
     INSERT INTO "OrderLine" SELECT 'O' || n / 4, n % 4, 'A' || n % 5000, n % 10, repeat('line ', 8) FROM generate_series(1, ${LINES}) n;
     CREATE INDEX "OrderLine_Article" ON "OrderLine" ("ArticleNo");
     CREATE INDEX "ixArticle2" ON "OrderLine" ("ArticleNo")`,
    `CREATE TABLE "OrderHead" ("OrderNo" varchar(12) PRIMARY KEY, "CustNo" varchar(12) NOT NULL, "Day" date NOT NULL, "State" char(1) NOT NULL, "Pad" text NOT NULL);
     INSERT INTO "OrderHead" SELECT 'O' || n, (1 + n % ${CUSTOMERS})::text, date '2020-01-01' + n % 2000, 'C', repeat('h', 150) FROM generate_series(1, 60000) n;
     CREATE INDEX "OrderHead_Day" ON "OrderHead" ("Day")`,
    `CREATE TABLE "Attribute" ("Object" int NOT NULL, "Attr" varchar(20) NOT NULL, "Value" varchar(100) NOT NULL, PRIMARY KEY ("Object", "Attr"));
     INSERT INTO "Attribute" SELECT n, 'attr' || a, md5((n * a)::text) FROM generate_series(1, 40000) n, generate_series(1, 4) a`,
    `CREATE TABLE "Invoice" ("Id" serial PRIMARY KEY, "OrderNo" varchar(12) NOT NULL, "Amount" numeric NOT NULL, "Memo" text NOT NULL);
     INSERT INTO "Invoice" ("OrderNo", "Amount", "Memo") SELECT 'O' || n, n, repeat('m', 60) FROM generate_series(1, 60000) n;
     CREATE INDEX "Invoice_Order" ON "Invoice" ("OrderNo");
     CREATE INDEX "Invoice_Order_hash" ON "Invoice" USING hash ("OrderNo");
     CREATE INDEX "Invoice_Memo" ON "Invoice" ("Memo", "Id");
     SELECT setval('"Invoice_Id_seq"', 2000000000)`,
    `CREATE TABLE "Article" ("ArticleNo" varchar(12) PRIMARY KEY, "Label" varchar(60) NOT NULL, "Spec" text NOT NULL);
     INSERT INTO "Article" SELECT 'A' || n, 'Label ' || n, repeat('spec ', 60) FROM generate_series(0, 40000) n;
     CREATE INDEX "Article_upper" ON "Article" (upper("Label"))`,
    `CREATE TABLE "History" ("At" timestamp NOT NULL, "What" text NOT NULL); INSERT INTO "History" SELECT timestamp '2020-01-01' + n * interval '1 minute', 'what' FROM generate_series(1, 60000) n`,
    `CREATE TABLE "Option" ("Key" varchar(40) PRIMARY KEY, "Value" text); INSERT INTO "Option" SELECT 'key' || n, 'value' FROM generate_series(1, 300) n`,
  ],
  ops: [
    {
      name: 'lines of an order',
      calls: 50,
      sql: 'SELECT "ArticleNo", "Qty" FROM "OrderLine" WHERE "OrderNo" = $1',
      values: ({ random }) => [`O${int(random, 1, 40_000)}`],
    },
    {
      name: 'customer by number',
      calls: 30,
      sql: 'SELECT "Name" FROM "Customer" WHERE "CustNo"::int = $1',
      values: ({ random }) => [int(random, 1, CUSTOMERS)],
    },
    {
      name: 'orders of a customer',
      calls: 40,
      sql: 'SELECT h."OrderNo", h."Day" FROM "OrderHead" h WHERE h."CustNo" = $1',
      values: ({ random }) => [String(int(random, 1, CUSTOMERS))],
    },
    {
      name: 'objects with a value',
      calls: 40,
      sql: 'SELECT "Object" FROM "Attribute" WHERE "Attr" = $1 AND "Value" = $2',
      values: ({ random }) => [`attr${int(random, 1, 4)}`, 'none'],
    },
    {
      name: 'companies like',
      calls: 12,
      sql: 'SELECT "CustNo", "Name" FROM "Customer" WHERE "Name" LIKE $1',
      values: ({ random }) => [`%${int(random, 10_000, 99_999)}%`],
    },
    {
      name: 'fill the grid',
      calls: 6,
      sql: 'SELECT "CustNo", "Name", "City" FROM "Customer" WHERE "Deleted" = $1',
      values: () => ['N'],
    },
    {
      name: 'article by key',
      calls: 9000,
      sql: 'SELECT "Label" FROM "Article" WHERE "ArticleNo" = $1',
      values: ({ random }) => [`A${int(random, 1, 40_000)}`],
    },
    {
      name: 'book a line',
      calls: 60,
      sql: 'UPDATE "OrderLine" SET "Qty" = "Qty" + 1 WHERE "ArticleNo" = $1',
      values: ({ random }) => [`A${int(random, 1, 4999)}`],
    },
    {
      name: 'customers of a city',
      calls: 40,
      sql: 'SELECT "CustNo", "Name" FROM "Customer" WHERE "City" = $1',
      values: ({ random }) => [`City ${int(random, 0, 299)}`],
    },
    {
      name: 'print an order',
      calls: 40,
      sql: 'SELECT h."Day", l."ArticleNo", l."Qty" FROM "OrderHead" h JOIN "OrderLine" l ON l."OrderNo" = h."OrderNo" WHERE h."OrderNo" = $1',
      values: ({ random }) => [`O${int(random, 1, 40_000)}`],
    },
    // Innocent.
    {
      name: 'order of a day',
      calls: 300,
      sql: 'SELECT "OrderNo" FROM "OrderHead" WHERE "Day" = $1 LIMIT 30',
      values: ({ random }) => [`202${int(random, 0, 4)}-0${int(random, 1, 9)}-15`],
    },
    {
      name: 'invoice of an order',
      calls: 500,
      sql: 'SELECT "Amount" FROM "Invoice" WHERE "OrderNo" = $1',
      values: ({ random }) => [`O${int(random, 1, 60_000)}`],
    },
    {
      name: 'article by label',
      calls: 500,
      sql: 'SELECT "ArticleNo" FROM "Article" WHERE upper("Label") = $1',
      values: ({ random }) => [`LABEL ${int(random, 1, 40_000)}`],
    },
    {
      name: 'lines of an article',
      calls: 200,
      sql: 'SELECT "OrderNo", "Qty" FROM "OrderLine" WHERE "ArticleNo" = $1',
      values: ({ random }) => [`A${int(random, 1, 4999)}`],
    },
    {
      name: 'attributes of an object',
      calls: 800,
      sql: 'SELECT "Attr", "Value" FROM "Attribute" WHERE "Object" = $1',
      values: ({ random }) => [int(random, 1, 40_000)],
    },
    { name: 'write history', calls: 500, sql: `INSERT INTO "History" VALUES ('2026-01-01', 'something')` },
    {
      name: 'option',
      calls: 900,
      sql: 'SELECT "Value" FROM "Option" WHERE "Key" = $1',
      values: ({ random }) => [`key${int(random, 1, 300)}`],
    },
  ],
  doctored: ['the statistics are 60 days old, so that an index can be called unread'],
  planted: [
    {
      advisors: ['missing-indexes'],
      table: 'Customer',
      says: 'City',
      why: 'one city of 300 is looked for in all customers',
    },
    {
      advisors: ['missing-indexes'],
      table: 'OrderLine',
      says: 'OrderNo',
      why: 'the lines of one order are looked for in all',
    },
    { advisors: ['columns-inside-functions'], statement: 'customer by number', why: 'the cast passes the primary key' },
    {
      advisors: ['missing-indexes'],
      table: 'OrderHead',
      says: 'CustNo',
      why: 'the orders of a customer are looked for in all',
    },
    { advisors: ['missing-indexes'], table: 'Attribute', says: 'Value', why: 'attributes are searched by value' },
    {
      advisors: ['pattern-searches'],
      statement: 'companies like',
      why: 'a name is searched within, through all customers',
    },
    { advisors: ['unbounded-results'], statement: 'fill the grid', why: 'all customers into one grid' },
    { advisors: ['chatty-statements'], statement: 'article by key', why: 'an article at a time, thousands of times' },
    { advisors: ['tables-without-primary-key'], table: 'OrderLine', why: 'changed, and no primary key' },
    { advisors: ['duplicate-indexes'], table: 'OrderLine', says: 'rticle', why: 'two indexes on ArticleNo' },
    { advisors: ['sequences-near-their-end'], table: 'Invoice', why: 'a serial at 93 % of an integer' },
  ],
  innocents: [
    { advisors: ['foreign-keys-without-index', 'foreign-key-types'], why: 'there are no foreign keys' },
    { advisors: ['tables-without-primary-key'], table: 'History', why: 'only ever inserted into' },
    {
      advisors: ['duplicate-indexes', 'unused-indexes'],
      index: 'Invoice_Order_hash',
      why: 'another method, and small',
    },
    { advisors: ['unused-indexes'], index: 'Invoice_Memo', why: 'below ten megabytes' },
    { advisors: ['columns-inside-functions'], statement: 'article by label', why: 'has its expression index' },
    { advisors: ['unused-indexes', 'duplicate-indexes'], index: 'Article_upper', why: 'read all the time' },
    { advisors: ['missing-indexes', 'chatty-statements'], table: 'Option', why: 'one page or two' },
    { advisors: ['chatty-statements'], statement: 'option', why: 'a fourteenth of the calls' },
    {
      advisors: ['unbounded-results', 'missing-indexes'],
      statement: 'lines of an article',
      why: 'an index leads to thirty-six rows',
    },
  ],
  alsoTrue: [],
};
