/** Requests wait no longer for a configuration of thousands of locations than this and one piece of it. */
export const turnMs = 10

/** After what came in meanwhile was served. */
export function afterOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
