// What docs and examples run in containers. It is one file, as its parts need the same image.
import t from 'tap'

// Images are built from nothing, with packages from the network.
t.setTimeout(1_800_000)

await import('./compose.ts')
await import('./kubernetes.ts')
