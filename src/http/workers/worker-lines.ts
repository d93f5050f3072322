/** Whole lines of what a worker writes, in its order. */
export interface WorkerLines {
  /** A piece of its output, however it was cut. */
  take(piece: string): void
  /** It writes no more. True: a line was half written, and is left out. */
  end(): boolean
}

/** `pass` gets one or several lines at a time, each whole and with its end. */
export function createWorkerLines(pass: (lines: string) => void): WorkerLines {
  let half = ''
  return {
    take: (piece) => {
      const end = piece.lastIndexOf('\n') + 1
      if (end === 0) {
        half += piece
        return
      }
      pass(half + piece.slice(0, end))
      half = piece.slice(end)
    },
    end: () => half !== '',
  }
}
