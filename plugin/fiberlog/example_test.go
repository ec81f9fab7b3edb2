package fiberlog_test

import (
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/hydra-logger/hydra/plugin/fiberlog"
)

func ExampleNew() {
	handler, err := fiberlog.New(fiberlog.Options{Options: httplog.Options{Logger: hydra.Discard, Slow: 500 * time.Millisecond}})
	if err != nil {
		fmt.Println(err)
		return
	}
	app := fiber.New()
	app.Use(recover.New(), handler)
	app.Get("/orders/:id", func(c fiber.Ctx) error {
		hydra.FromContext(c.Context()).Info(c.Context(), "loading order") // has the correlation id
		return c.SendString("order " + c.Params("id"))
	})

	r := httptest.NewRequest("GET", "/orders/7", nil)
	r.Header.Set("X-Correlation-ID", "flow-1")
	res, err := app.Test(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	fmt.Println(res.Status, res.Header.Get("X-Correlation-ID"))
	// Output: 200 OK flow-1
}
