/** Percent of the lines with code and of the branches of `src/` that the tests run at least. */
export interface Floor {
  readonly lines: number
  readonly branches: number
}

/** A sentence for each figure that is too low. */
export function belowFloor(reached: Floor, floor: Floor): readonly string[] {
  return (['lines', 'branches'] as const).flatMap((name) =>
    reached[name] >= floor[name]
      ? []
      : [
          `Only ${reached[name]} % of the ${name} are run, test/coverage-floor.json asks for ${floor[name]} %: write the tests that are missing; the floor is never lowered.`,
        ],
  )
}

/** It only rises, and stays a tenth below what was reached: which process is killed when is chance. */
export function raised(floor: Floor, reached: Floor): Floor {
  const next = (name: keyof Floor) => Math.max(floor[name], Math.floor((reached[name] - 0.1) * 10) / 10)
  return { lines: next('lines'), branches: next('branches') }
}
