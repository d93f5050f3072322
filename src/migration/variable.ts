/** A variable that the result asks its environment for. */
export interface Variable {
  readonly name: string
  readonly purpose: string
}
