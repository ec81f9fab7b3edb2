// Package config is what a user may write: the schema of Hydra-Logger as Go
// types, the loader of YAML and JSON files, validation, and [Resolve], which
// turns a configuration into the flat [Plan] that an engine is built from.
//
// The schema is that of Hydra-Logger for Python, and more. What has no effect is
// a warning, what can't be meant an error; both say where in the file.
package config
