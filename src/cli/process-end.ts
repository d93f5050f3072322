/** How long a process that is done waits for what a package left open. */
const leftOpenMs = 1_000

interface DoneProcess {
  readonly stdout: { readonly writableLength: number }
  readonly stderr: { readonly writableLength: number }
  exit(status: number): unknown
}

/**
 * A process that is done ends by itself, or soon: a package that asks elsewhere may hold a connection for ever, such as AWS's
 * where no credentials come. What was written is taken by its reader first, however slow it is.
 */
export function endDone(done: DoneProcess, status: number): void {
  const look = (): void => {
    if (done.stdout.writableLength > 0 || done.stderr.writableLength > 0) endDone(done, status)
    else done.exit(status)
  }
  // It keeps no process alive: it is for those that something else does.
  setTimeout(look, leftOpenMs).unref()
}
