package connect2log_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/connect2log"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// A server and a client with one record a call each; the id of the caller's context is that of the handler's. The code that
// protoc-gen-connect-go generates registers the methods and makes the specs.
func ExampleNew() {
	logs, err := connect2log.New(connect2log.Options{Logger: hydra.Discard})
	if err != nil {
		fmt.Println(err)
		return
	}
	get := connect.Spec{Procedure: "/shop.v1.Orders/Get"}
	server, mux := connect.NewServer(logs.Server), http.NewServeMux()
	server.Register(connect.Method{Spec: get, Handler: func(ctx context.Context, _ connect.Spec, s connect.ServerStream) error {
		var order wrapperspb.StringValue
		if err := s.Receive(&order); err != nil {
			return err
		}
		return s.Send(wrapperspb.String(order.Value + " in " + correlation.ID(ctx)))
	}})
	connecthttp.Mount(mux, server)
	srv := httptest.NewServer(mux)
	defer srv.Close()

	client := connect.NewClient(connecthttp.NewTransport(srv.Client(), srv.URL), logs.Client)
	var answer wrapperspb.StringValue
	if err := client.CallUnary(correlation.Ensure(context.Background(), "flow-1"), get, wrapperspb.String("A-17"), &answer); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Value)
	// Output: A-17 in flow-1
}
