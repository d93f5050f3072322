/** Work of which one run is under way at most. */
export interface OneAtATime<T> {
  /**
   * Begins a run. While one is under way it is one behind that, the same for all who ask: what is under way may have
   * read what is old by now. Fails as its own run does, whatever became of the one before.
   */
  run(): Promise<T>
  busy(): boolean
}

export function oneAtATime<T>(work: () => Promise<T>): OneAtATime<T> {
  let underWay: Promise<T> | null = null
  let behind: Promise<T> | null = null

  function begin(): Promise<T> {
    behind = null
    underWay = work().finally(() => {
      underWay = null
    })
    return underWay
  }

  return {
    run() {
      if (underWay === null) return begin()
      behind ??= underWay.then(begin, begin)
      return behind
    },
    busy: () => underWay !== null,
  }
}
