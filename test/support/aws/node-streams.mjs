// The app of node-adapters.mjs, streamed.
import { streamHandle } from 'hono/aws-lambda'
import { hono } from './node-adapters.mjs'

export const handler = streamHandle(hono)
