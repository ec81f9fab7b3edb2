// Package benchmarks measures Hydra-Logger against its peers.
package benchmarks
