/** What apps are told, by the names of headers. */
export interface ConvertedHeaders {
  readonly identity: Readonly<Record<string, string>>
  /** The same on every request. */
  readonly fixed: Readonly<Record<string, string>>
}
