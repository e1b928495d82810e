"""The documents that derive from code: OpenAPI, AsyncAPI, schemas, catalogues. Committed, and checked for drift."""
