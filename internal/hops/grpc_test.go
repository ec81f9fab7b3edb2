//go:build unix

package hops

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/hydra-logger/hydra/correlation"
)

// auditor is the service of the last hop.
type auditor interface {
	note(ctx context.Context, order string)
}

type auditServer struct {
	w    *world
	next send
}

func (a *auditServer) note(ctx context.Context, order string) {
	md, _ := metadata.FromIncomingContext(ctx)
	a.next(a.w.services["audit"].got(a.w, order, "grpc", correlation.Metadata(md)), order)
}

// auditService is what a generator would make of one method.
func auditService() *grpc.ServiceDesc {
	return &grpc.ServiceDesc{ServiceName: "hops.Audit", HandlerType: (*auditor)(nil), Methods: []grpc.MethodDesc{{MethodName: "Note",
		Handler: func(srv any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			order := &wrapperspb.StringValue{}
			if err := decode(order); err != nil {
				return nil, err
			}
			srv.(auditor).note(ctx, order.GetValue())
			return order, nil
		}}}}
}

func (w *world) grpc(next send) send {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	server := grpc.NewServer()
	server.RegisterService(auditService(), &auditServer{w, next})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.onClose(func() {
		w.must(conn.Close())
		server.Stop()
		w.must(<-ended)
	})
	return func(ctx context.Context, order string) {
		md := metadata.MD{}
		w.services["mail"].sends(ctx, order, "grpc", correlation.Metadata(md))
		w.must(conn.Invoke(metadata.NewOutgoingContext(ctx, md), "/hops.Audit/Note", wrapperspb.String(order), &wrapperspb.StringValue{}))
	}
}
