import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists of products: by category, words, attributes, availability, name and price. Products from before are listed by the worker too. */
export class GatewayListings1790000004000 implements MigrationInterface {
  readonly name = 'GatewayListings1790000004000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table listing (
        product_id text collate "C" primary key,
        digest text not null,
        category_ids text[] not null,
        attributes text[] not null,
        names jsonb not null,
        words tsvector not null
      );
      -- Products whose content changed, in the order of their changes; a product may stand here more than once.
      create table listing_due (
        id bigint generated always as identity primary key,
        product_id text collate "C" not null
      );
      create index listing_categories on listing using gin (category_ids);
      create index listing_attributes on listing using gin (attributes);
      create index listing_words on listing using gin (words);

      create table price_span (
        product_id text collate "C" not null,
        market text not null,
        currency text not null,
        customer_group text not null,
        valid_from timestamptz not null,
        valid_to timestamptz not null,
        amount bigint not null,
        primary key (product_id, market, currency, customer_group, valid_from)
      );

      -- The stemmer of a language; languages that PostgreSQL has none for are searched by whole words and beginnings.
      create function language_words(language text) returns regconfig language sql immutable strict parallel safe
        return case split_part(language, '-', 1)
          when 'da' then 'danish' when 'de' then 'german' when 'en' then 'english' when 'es' then 'spanish' when 'fi' then 'finnish'
          when 'fr' then 'french' when 'hu' then 'hungarian' when 'it' then 'italian' when 'nb' then 'norwegian' when 'nl' then 'dutch'
          when 'no' then 'norwegian' when 'pt' then 'portuguese' when 'ro' then 'romanian' when 'ru' then 'russian'
          when 'sv' then 'swedish' when 'tr' then 'turkish' else 'simple' end::regconfig;

      create function listing_words(names jsonb, words text) returns tsvector language plpgsql immutable parallel safe as $$
        declare
          found tsvector := setweight(to_tsvector('simple', words), 'B');
          named record;
        begin
          for named in select key, value from jsonb_each_text(names) loop
            found := found || setweight(to_tsvector('simple', named.value) || to_tsvector(language_words(named.key), named.value), 'A');
          end loop;
          return found;
        end $$;

      -- Of all its SKUs together, as last told: a list filters by it, and the items say how old it is.
      alter table document add column state text;
      insert into listing_due (product_id) select product_id from document;
      insert into dirty_document (product_id) select product_id from document on conflict do nothing;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table document drop column state;
      drop table listing, listing_due, price_span;
      drop function listing_words(jsonb, text); drop function language_words(text);
    `);
  }
}
