// Package config is what a user may write: the schema of Hydra-Logger as Go
// types, the loader of YAML and JSON files, validation, and [Resolve], which
// turns a configuration into the flat [Plan] that an engine is built from.
//
// The schema is that of Hydra-Logger for Python. What this version does not
// build is refused by name; nothing is accepted that has no effect.
package config
