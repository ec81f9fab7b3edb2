//go:build !unix

package hydra

const oNoFollow = 0
