// What graphql-request needs of graphql for documents that are strings: the kind and the name of their first operation.

export const Kind = { OPERATION_DEFINITION: 'OperationDefinition' }

export function parse(text: string) {
  const [, operation = 'query', name] = /^\s*(query|mutation|subscription)\s+(\w+)/.exec(text) ?? []
  return {
    kind: 'Document',
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation,
        ...(name === undefined ? {} : { name: { kind: 'Name', value: name } }),
      },
    ],
  }
}

export function print(document: string): string {
  return document
}
