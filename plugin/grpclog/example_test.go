package grpclog_test

import (
	"fmt"

	"github.com/hydra-logger/hydra"
	hydragrpc "github.com/hydra-logger/hydra/plugin/grpclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// A server and a client with one record a call each.
func ExampleNew() {
	logs, err := hydragrpc.New(hydragrpc.Options{Logger: hydra.Discard})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := grpc.NewServer(grpc.ChainUnaryInterceptor(logs.UnaryServer()), grpc.ChainStreamInterceptor(logs.StreamServer()))
	defer server.Stop()
	conn, err := grpc.NewClient("passthrough:///127.0.0.1:1", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithChainUnaryInterceptor(logs.UnaryClient()), grpc.WithChainStreamInterceptor(logs.StreamClient()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()

	_, err = hydragrpc.New(hydragrpc.Options{Headers: []string{"authorization"}})
	fmt.Println(err)
	// Output: rpclog: header "authorization" carries credentials and is never logged: take it off the list
}
