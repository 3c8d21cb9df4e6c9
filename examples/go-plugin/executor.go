package goplugin

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"dkron.example/go-plugin/contract"
)

// Report takes a piece of output while a run goes on.
type Report func(output []byte, stderr bool) error

// Execute runs one job. A non-empty error is a failed run.
type Execute func(jobName string, config map[string]string, report Report) ([]byte, error)

// ExecutorPlugin is an executor in a process of its own: gRPC, with progress called back through the broker.
type ExecutorPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	Execute Execute
}

func (p *ExecutorPlugin) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	contract.RegisterExecutorServiceServer(server, &executorServer{execute: p.Execute, broker: broker})
	return nil
}

// GRPCClient makes the host's side.
func (p *ExecutorPlugin) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return &ExecutorClient{client: contract.NewExecutorServiceClient(conn), broker: broker}, nil
}

type executorServer struct {
	contract.UnimplementedExecutorServiceServer
	execute Execute
	broker  *plugin.GRPCBroker
}

func (s *executorServer) Execute(_ context.Context, in *contract.ExecuteRequest) (*contract.ExecuteResponse, error) {
	conn, err := s.broker.Dial(in.StatusServer)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	status := contract.NewStatusHelperServiceClient(conn)
	report := func(output []byte, stderr bool) error {
		_, err := status.Update(context.Background(), &contract.StatusUpdateRequest{Output: output, Error: stderr})
		return err
	}
	output, err := s.execute(in.JobName, in.Config, report)
	response := &contract.ExecuteResponse{Output: output}
	if err != nil {
		response.Error = err.Error()
	}
	return response, nil
}

// ExecutorClient calls an executor as a host does.
type ExecutorClient struct {
	client contract.ExecutorServiceClient
	broker *plugin.GRPCBroker
}

type statusServer struct {
	contract.UnimplementedStatusHelperServiceServer
	report Report
}

func (s *statusServer) Update(_ context.Context, in *contract.StatusUpdateRequest) (*contract.StatusUpdateResponse, error) {
	return &contract.StatusUpdateResponse{}, s.report(in.Output, in.Error)
}

// Execute offers the status server, calls, and takes the offer back.
func (c *ExecutorClient) Execute(ctx context.Context, jobName string, config map[string]string, report Report) (*contract.ExecuteResponse, error) {
	id := c.broker.NextId()
	servers := make(chan *grpc.Server, 1)
	go c.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		contract.RegisterStatusHelperServiceServer(server, &statusServer{report: report})
		servers <- server
		return server
	})
	response, err := c.client.Execute(ctx, &contract.ExecuteRequest{JobName: jobName, Config: config, StatusServer: id})
	(<-servers).Stop()
	return response, err
}
