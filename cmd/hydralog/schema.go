package main

import (
	"os"

	"github.com/hydra-logger/hydra/config/schema"
)

type schemaCmd struct{}

func (schemaCmd) Run() error {
	text, err := schema.JSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(text, '\n'))
	return err
}
