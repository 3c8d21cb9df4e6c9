package goplugin

import (
	"net/rpc"

	"github.com/hashicorp/go-plugin"
)

// Timestamp is a moment.
type Timestamp struct {
	Seconds int64
	Nanos   int32
}

// Execution is a finished run as processors know it; names, types and order of the fields are the contract.
type Execution struct {
	JobName    string
	Success    bool
	Output     []byte
	NodeName   string
	Group      int64
	Attempt    uint32
	StartedAt  *Timestamp
	FinishedAt *Timestamp
}

// ProcessorArgs is what a processor is called with.
type ProcessorArgs struct {
	Execution Execution
	Config    map[string]string
}

// Process gives the execution that takes the other's place.
type Process func(args *ProcessorArgs) (Execution, error)

// ProcessorPlugin is a processor in a process of its own: net/rpc.
type ProcessorPlugin struct {
	Process Process
}

func (p *ProcessorPlugin) Server(*plugin.MuxBroker) (any, error) {
	return &processorServer{process: p.Process}, nil
}

// Client makes the host's side.
func (p *ProcessorPlugin) Client(_ *plugin.MuxBroker, client *rpc.Client) (any, error) {
	return &ProcessorClient{client: client}, nil
}

type processorServer struct {
	process Process
}

func (s *processorServer) Process(args *ProcessorArgs, result *Execution) error {
	processed, err := s.process(args)
	*result = processed
	return err
}

// ProcessorClient calls a processor as a host does.
type ProcessorClient struct {
	client *rpc.Client
}

func (c *ProcessorClient) Process(args *ProcessorArgs) (Execution, error) {
	var result Execution
	err := c.client.Call("Plugin.Process", args, &result)
	return result, err
}
