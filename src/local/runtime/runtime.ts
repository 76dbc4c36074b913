import type { Deployment } from '../model.ts'

/** Called once, now or later: without an error it went well. */
export type End = (error?: string) => void

export interface HttpQuestion {
  method: string
  /** With its query string. */
  path: string
  /** The header of that name. */
  authorization?: string | undefined
}

export interface HttpAnswer {
  status: number
  contentType: string
  body: string
  headers?: Readonly<Record<string, string>>
}

/** What a container tells while it runs. */
export interface ContainerWatch {
  started(): void
  exited(code: number): void
  /** It never came up, and trying again is no use. */
  failed(): void
}

/**
 * What a deployment's steps really do. The life cycle decides their order and what follows from them; a runtime only does
 * them and says how they ended.
 */
export interface Runtime {
  fetchCode(deployment: Deployment, end: End): void
  build(deployment: Deployment, end: End): void
  preDeploy(deployment: Deployment, command: string, end: End): void
  /** Starts the deployment's containers; after `stop`, or another `start`, nobody listens to this watch any more. */
  start(deployment: Deployment, watch: ContainerWatch): void
  stop(deployment: Deployment): void
  /** Asks a running container over HTTP; undefined when nothing listens. */
  ask(deployment: Deployment, question: HttpQuestion): HttpAnswer | undefined | Promise<HttpAnswer | undefined>
  /** The same for a health check: the status, as soon as it is known. */
  probe(deployment: Deployment, path: string, end: (status: number | undefined) => void): void
}
