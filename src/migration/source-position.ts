/** Where something stands in a file: both count from 1. The file is named as it was given, or as it was included. */
export interface SourcePosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** `httpd.conf:12`. */
export function positionText({ file, line }: SourcePosition): string {
  return `${file}:${line}`
}
