package echo5log

import (
	"net/http"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/labstack/echo/v5"
)

// New returns a middleware for Use. An error that the handler returns is answered by echo's error handler at once, so that the
// record has the status, and then returned.
func New(m *httplog.Middleware) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) (err error) {
			inner := c.Response()
			defer c.SetResponse(inner)
			m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c.SetRequest(r)
				c.SetResponse(w)
				httplog.SetRoute(r.Context(), c.Path())
				if err = next(c); err != nil {
					httplog.SetAttrs(r.Context(), hydra.Err(err))
					c.Echo().HTTPErrorHandler(c, err)
				}
			})).ServeHTTP(inner, c.Request())
			return err
		}
	}
}
