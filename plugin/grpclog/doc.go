package grpclog
