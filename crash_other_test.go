//go:build !unix

package hydra_test

func crashMain() {}
