// Google's own in-memory Pub/Sub as a process: prints its port; topics and subscriptions are made by clients.
package main

import (
	"flag"
	"fmt"

	"cloud.google.com/go/pubsub/pstest"
)

func main() {
	port := flag.Int("port", 0, "port on loopback, 0 = any")
	flag.Parse()
	server := pstest.NewServerWithPort(*port)
	fmt.Println(server.Addr)
	select {}
}
