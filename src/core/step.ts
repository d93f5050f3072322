/** Told how far something long has come, as often as it likes; `total` is null where nobody knows it. */
export type OnStep = (done: number, total: number | null) => void

export const untold: OnStep = () => {}
