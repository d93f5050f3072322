declare const returnTo: unique symbol

/** A path with query on the origin itself, safe to put into `Location`. Made by `readReturnTo` alone. */
export type ReturnTo = string & { readonly [returnTo]: true }
