// Command logrus logs a line with logrus to the file that its argument names.
package main

import (
	"os"

	"github.com/sirupsen/logrus"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	f, err := os.OpenFile(os.Args[1], os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		os.Exit(1)
	}
	l := logrus.New()
	l.SetOutput(f)
	l.SetFormatter(&logrus.JSONFormatter{})
	l.WithFields(logrus.Fields{"service": "payment", "port": 8080}).Info("started")
	if f.Close() != nil {
		os.Exit(1)
	}
}
