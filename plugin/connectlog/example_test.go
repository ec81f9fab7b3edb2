package connectlog_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/connectlog"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// A handler and a client with one record a call each; the id of the caller's context is that of the handler's.
func ExampleNew() {
	logs, err := connectlog.New(connectlog.Options{Logger: hydra.Discard})
	if err != nil {
		fmt.Println(err)
		return
	}
	with := connect.WithInterceptors(logs)
	mux := http.NewServeMux()
	mux.Handle("/shop.v1.Orders/Get", connect.NewUnaryHandler("/shop.v1.Orders/Get",
		func(ctx context.Context, r *connect.Request[wrapperspb.StringValue]) (*connect.Response[wrapperspb.StringValue], error) {
			return connect.NewResponse(wrapperspb.String(r.Msg.Value + " in " + correlation.ID(ctx))), nil
		}, with))
	srv := httptest.NewServer(mux)
	defer srv.Close()

	orders := connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](srv.Client(), srv.URL+"/shop.v1.Orders/Get", with)
	res, err := orders.CallUnary(correlation.Ensure(context.Background(), "flow-1"), connect.NewRequest(wrapperspb.String("A-17")))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Msg.Value)
	// Output: A-17 in flow-1
}
