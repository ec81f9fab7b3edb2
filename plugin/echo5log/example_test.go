package echo5log_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/hydra-logger/hydra/plugin/echo5log"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

func ExampleNew() {
	m, err := httplog.New(httplog.Options{Logger: hydra.Discard, Slow: 500 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := echo.New()
	e.Use(middleware.Recover(), echo5log.New(m))
	e.GET("/orders/:id", func(c *echo.Context) error {
		ctx := c.Request().Context()
		hydra.FromContext(ctx).Info(ctx, "loading order") // has the correlation id
		return c.String(http.StatusOK, "order "+c.Param("id"))
	})

	r := httptest.NewRequest("GET", "/orders/7", nil)
	r.Header.Set("X-Correlation-ID", "flow-1")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body, w.Header().Get("X-Correlation-ID"))
	// Output: 200 order 7 flow-1
}
