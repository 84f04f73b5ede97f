import { readFileSync } from 'node:fs';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { RejectedError } from '@steward/platform';
import { parseDocument } from './limits';

/** Which documents may be asked: `trusted` by id always, free text only where it is switched on. */
export interface DocumentPolicy {
  trusted: ReadonlyMap<string, string>;
  free: boolean;
  introspection: boolean;
}

/** A JSON object of id → document, as client build tools write it. */
export function readTrustedDocuments(path: string | undefined): ReadonlyMap<string, string> {
  if (path === undefined) return new Map();
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const entries = Object.entries(content as Record<string, unknown>);
  for (const [id, source] of entries) {
    if (typeof source !== 'string')
      throw new RejectedError('ENV_INVALID', `trusted document ${id} in ${path} is no text`, { place: 'STEWARD_GATEWAY_DOCUMENTS', accepted: 'a JSON object of id → GraphQL document' });
    parseDocument(source);
  }
  return new Map(entries as [string, string][]);
}

/** Parsed documents by source. Only what parses is kept: a flood of broken ones can't push the good ones out. */
export class ParsedDocuments {
  private readonly parsed = new LRUCache<string, DocumentNode>({ maxSize: 16 * 1024 * 1024, sizeCalculation: (_document, source) => 200 + source.length * 20 });

  constructor(private readonly policy: DocumentPolicy) {}

  /** The source behind a request: a trusted id or the free text. */
  sourceOf(request: { query: string | null; documentId: string | null }): string {
    if (request.documentId !== null) {
      const source = this.policy.trusted.get(request.documentId);
      if (source !== undefined) return source;
      if (request.query === null)
        throw new RejectedError('GRAPHQL_DOCUMENT_UNKNOWN', `no trusted document ${request.documentId.slice(0, 100)}`, { place: '/documentId', accepted: 'the id of a trusted document' });
    }
    if (request.query === null)
      throw new RejectedError('GRAPHQL_DOCUMENT_INVALID', 'the request has no document', { place: '/query', accepted: this.policy.free ? 'query or documentId' : 'documentId' });
    if (!this.policy.free)
      throw new RejectedError('GRAPHQL_FREE_DOCUMENT_REFUSED', 'free documents are off', { place: '/query', accepted: 'documentId, the id of a trusted document' });
    return request.query;
  }

  parse(source: string): DocumentNode {
    const known = this.parsed.get(source);
    if (known !== undefined) return known;
    const document = parseDocument(source);
    this.parsed.set(source, document);
    return document;
  }
}
