package main

import (
	_ "github.com/alecthomas/kong"
	_ "github.com/hydra-logger/hydra/health"
)

func main() {}
