/** A request path in canonical form, and its query: what rules judge and what the upstream gets, one value. */
export interface Target {
  /** The canonical path, beginning with `/`, ASCII, as it is sent. */
  readonly path: string
  /** The decoded segments of `path`, without the trailing slash's empty one. `/` has none. */
  readonly segments: readonly string[]
  /** The segments when `%2F` splits too (`allow_encoded: [slash]`); absent when the path holds no `%2F`. */
  readonly splitSegments?: readonly string[]
  /** The query with its `?`, byte for byte as received; empty when there was none. */
  readonly query: string
  readonly [target]: true
}
declare const target: unique symbol
