declare global {
  // ECMAScript 2027, in every Node that runs this; TypeScript's library does not have it yet.
  interface JSON {
    rawJSON(text: string): object
    parse(text: string, reviver: (key: string, value: unknown, context: Context) => unknown): unknown
  }
}

interface Context {
  /** Of a value that is neither list nor object the text that it was read from. */
  readonly source?: string
}

/**
 * A JSON text of which every number is as it was written: what a JavaScript number would turn into another one stands
 * as an object that `JSON.stringify` writes so again. For what is only shown. Null for a text that is no JSON, as for
 * `null` itself. Never throws.
 */
export function parseJsonAsWritten(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown, { source }) =>
      typeof value === 'number' && source !== undefined && JSON.stringify(value) !== source
        ? JSON.rawJSON(source)
        : value,
    )
  } catch {
    return null
  }
}
