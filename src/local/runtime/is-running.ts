import type { Deployment } from '../model.ts'

/** Tells from now on whether the containers that run now are still the same ones, and up. One that drains takes no more work. */
export function isRunning(deployment: Deployment): () => boolean {
  const { run } = deployment
  return () =>
    deployment.run === run &&
    deployment.status !== 'REMOVING' &&
    deployment.instances.some(({ status }) => status === 'RUNNING')
}
