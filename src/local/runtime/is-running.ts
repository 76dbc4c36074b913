import type { Deployment } from '../model.ts'

/** Tells from now on whether the containers that run now are still the same ones, and up. */
export function isRunning(deployment: Deployment): () => boolean {
  const { run } = deployment
  return () => deployment.run === run && deployment.instances.some(({ status }) => status === 'RUNNING')
}

/** One that drains has been told to stop: it finishes what it has in hand and begins nothing. */
export function isDraining({ status }: Deployment): boolean {
  return status === 'REMOVING'
}
