/** What may be there at once, so that who has it need not wait. */
export type Awaitable<T> = T | Promise<T>
