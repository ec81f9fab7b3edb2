package ginlog_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/hydra-logger/hydra/plugin/ginlog"
)

func ExampleNew() {
	m, err := httplog.New(httplog.Options{Logger: hydra.Discard, Slow: 500 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.Recovery(), ginlog.New(m))
	engine.GET("/orders/:id", func(c *gin.Context) {
		ctx := c.Request.Context()
		hydra.FromContext(ctx).Info(ctx, "loading order") // has the correlation id
		c.String(http.StatusOK, "order %s", c.Param("id"))
	})

	r := httptest.NewRequest("GET", "/orders/7", nil)
	r.Header.Set("X-Correlation-ID", "flow-1")
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body, w.Header().Get("X-Correlation-ID"))
	// Output: 200 order 7 flow-1
}
