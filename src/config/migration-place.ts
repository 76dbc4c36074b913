/**
 * `pre-deploy`: before each deployment of the service, in a container of its own. `ssh`: in a container that serves. `run`: on the
 * machine where the command is called, with the service's variables; the database needs a public address for that.
 */
export type MigrationPlace = 'pre-deploy' | 'ssh' | 'run'
